/** Where a request is looked at. */
export function placeOf(requestId: string | undefined): string {
  return requestId === undefined ? '/inbox' : `/inbox/${encodeURIComponent(requestId)}`
}
