/**
 * Keeps the process alive until what it returns is called: the clock does not, and a program that waits for an answer
 * must not end before it.
 */
export function stayAwake(): () => void {
  const awake = setInterval(() => {}, 2 ** 31 - 1)
  return () => clearInterval(awake)
}
