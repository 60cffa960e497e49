/** Whether a request is where the browser is; a link may have been written without escapes. */
export function isAt(requestId: string): boolean {
  return [placeOf(requestId), `/inbox/${requestId}`].includes(location.pathname)
}

/** Where a request is looked at. */
export function placeOf(requestId: string | undefined): string {
  return requestId === undefined ? '/inbox' : `/inbox/${encodeURIComponent(requestId)}`
}
