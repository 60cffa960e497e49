import { createMemoryStore } from '@loop-engine/runtime'
import { expect, onTestFinished, test } from 'vitest'

import { createHurriedClock } from '../hurried-clock.fixture.ts'
import { createTestServer } from '../server.fixture.ts'

test.each(['metrics', 'verify'])(
  'work that takes longer than a request is answered with its progress, and with its result later (%s)',
  async (path) => {
    const store = createMemoryStore()
    const [reading, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const clock = createHurriedClock()
    const server = await createTestServer({
      clock,
      store: {
        ...store,
        async entries(...asked) {
          const [, , { from = 1 } = {}] = asked
          if (from === 1) {
            reading.resolve()
            await gate.promise
          }
          return store.entries(...asked)
        },
      },
    })
    onTestFinished(() => server.close())
    const key = server.key()
    const begunAt = Date.now()
    await server.start('one', key)
    const ask = () => server.call('GET', `/api/v1/${path}`, { key })

    const asked = ask()
    await reading.promise
    clock.hurry()
    const early = await asked
    expect(early).toMatchObject({ status: 202, body: { runs: 0, entries: 0 } })
    expect(early.headers.get('retry-after')).toBe('1')
    gate.resolve()
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body.at).toBeGreaterThanOrEqual(begunAt)
    expect(body.items ?? body.faults).toHaveLength(path === 'metrics' ? 1 : 0)
  },
)
