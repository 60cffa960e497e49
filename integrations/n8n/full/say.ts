import { setTimeout as sleep } from 'node:timers/promises'

export function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Asks every second until there is an answer; throws after three minutes. */
export async function retry<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false>,
): Promise<Answer> {
  for (let tries = 0; tries < 180; tries++) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined && answer !== false) return answer
    await sleep(1000)
  }
  throw new Error(`Waited for ${what} in vain.`)
}
