/**
 * Tells a listener, if there is one. That it fails must cost neither what it is told of nor, when it is async, the process;
 * `onFailure` hears of it.
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
