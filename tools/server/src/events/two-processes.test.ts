import type { Clock } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'
import { createTestClock, startPostgres } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import { bank, createTestServer, refund } from '../server.fixture.ts'

/** A clock in which nobody's turn to look ever comes, so that what is heard was told; commits are still gathered. */
const { sleep: sleepForEver } = createTestClock()
const standing: Clock = {
  now: Date.now,
  sleep: (ms, signal) => (ms < 1000 ? Promise.resolve() : sleepForEver(ms, signal)),
}

/** A reader of the events of one server; reads until the event of that run has come. */
async function listen(
  url: string,
  key: string,
  lastEventId?: string,
): Promise<{ until(run: string): Promise<readonly string[]>; lastId(): string }> {
  const response = await fetch(`${url}/api/v1/events`, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  onTestFinished(() => reader?.cancel())
  let text = ''
  const subjects = (): string[] =>
    [...text.matchAll(/"subject":"([^"]*)"/g)].map(([, id]) => id ?? '')
  // The first words of a stream say where it began: by then it is open.
  text += (await reader?.read())?.value ?? ''
  return {
    lastId: () => [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '',
    async until(run) {
      while (!subjects().includes(run)) {
        const next = await reader?.read()
        if (!next || next.done) break
        text += next.value
      }
      return subjects()
    },
  }
}

test('a reader hears at once what another process commits, and goes on at a third where it was', async () => {
  const postgres = await startPostgres()
  const schema = postgres.schema()
  const store = (): ReturnType<typeof createPostgresStore> =>
    createPostgresStore({ connectionString: postgres.url, schema })
  const other = await createLoopSystem({
    loops: [refund],
    integrations: [bank],
    store: store(),
    relay: false,
  })
  onTestFinished(() => other.close())
  const open = async (): Promise<{ url: string; key: string }> => {
    const server = await createTestServer({ store: store(), clock: standing })
    onTestFinished(() => server.close())
    return { url: server.url, key: server.key() }
  }
  const [one, two] = [await open(), await open()]

  const ear = await listen(one.url, one.key)
  const hearing = ear.until('first')
  await start(other, 'first')
  expect(await hearing).toEqual(['first'])

  await start(other, 'meanwhile')
  const again = await listen(two.url, two.key, ear.lastId())
  const rest = again.until('last')
  await start(other, 'last')
  expect(await rest).toEqual(['meanwhile', 'last'])
})

async function start({ engine }: LoopSystem, aggregateId: string): Promise<void> {
  await engine.start({ loopId: 'refund', aggregateId, actor: { type: 'system', id: 'elsewhere' } })
}
