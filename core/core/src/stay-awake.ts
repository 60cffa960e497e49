/**
 * Keeps the process alive until the returned function is called. The clock does not do that, and a program that waits for
 * an answer must not end before it comes.
 */
export function stayAwake(): () => void {
  const awake = setInterval(() => {}, 2 ** 31 - 1)
  return () => clearInterval(awake)
}
