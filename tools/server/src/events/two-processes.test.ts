import type { Clock } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'
import { createTestClock, startPostgres } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import { bank, createTestServer, refund } from '../server.fixture.ts'
import { listen, type Ear, type Heard } from './ear.fixture.ts'

/** A clock with which polling never happens, so that events arrive only if the store reports them. Gathering still works. */
const { sleep: sleepForEver } = createTestClock()
const standing: Clock = {
  now: Date.now,
  sleep: (ms, signal) => (ms < 1000 ? Promise.resolve() : sleepForEver(ms, signal)),
}

/** The events that a listener has heard by the time the event of that run arrives. */
const until = async (ear: Ear, run: string): Promise<readonly Heard[]> =>
  ear.until((heard) => heard.some(({ event }) => event.subject === run))
const subjectsOf = (heard: readonly Heard[]): readonly string[] =>
  heard.map(({ event }) => event.subject)

test('a reader hears at once what another process commits, and continues at a third server where it was', async () => {
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
  onTestFinished(() => ear.leave())
  const hearing = until(ear, 'first')
  await start(other, 'first')
  const first = await hearing
  expect(subjectsOf(first)).toEqual(['first'])

  await start(other, 'meanwhile')
  const again = await listen(two.url, two.key, { lastEventId: first.at(-1)?.id })
  onTestFinished(() => again.leave())
  const rest = until(again, 'last')
  await start(other, 'last')
  expect(subjectsOf(await rest)).toEqual(['meanwhile', 'last'])
})

async function start({ engine }: LoopSystem, aggregateId: string): Promise<void> {
  await engine.start({ loopId: 'refund', aggregateId, actor: { type: 'system', id: 'elsewhere' } })
}
