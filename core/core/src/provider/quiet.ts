/** Tells a listener. That it fails must not cost an answer that is paid for, nor, when it is async, the process. */
export function quiet<Told>(listener: (told: Told) => unknown): (told: Told) => void {
  return (told) => {
    const tell = async (): Promise<void> => {
      await listener(told)
    }
    tell().catch(() => {})
  }
}
