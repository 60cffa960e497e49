/** Looks again and again, for at most half a minute. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Waited too long for ${what}.`)
}
