/** Wraps a listener, if there is one: its failure goes to `onFailure`, and harms neither the caller nor the process. */
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
