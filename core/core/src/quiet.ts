/**
 * Wraps a listener, if there is one, so that its failure harms neither the caller nor, if it is async, the process; the
 * failure goes to `onFailure`.
 */
export function quiet<Told>(
  listener?: (told: Told) => unknown,
  onFailure: (failure: unknown) => void = () => {},
): (told: Told) => void {
  return (told) => {
    const tell = async (): Promise<void> => {
      await listener?.(told)
    }
    tell().catch(onFailure)
  }
}
