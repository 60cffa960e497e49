/** One map key out of two values. The length keeps it unambiguous, whatever the values contain. */
export function pair(first: string | number, second: string): string {
  const text = String(first)
  return `${text.length}:${text}${second}`
}
