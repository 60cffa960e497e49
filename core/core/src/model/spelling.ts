/** What spellings of one principal's id have in common: `bob`, `user:bob` and `Bob` are one person. */
export function spellingOf(id: string): string {
  return id
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^(user:)+/, '')
}
