import { createMemoryStore } from '@loop-engine/runtime'
import { expect, onTestFinished, test, vi } from 'vitest'

import { createLogger } from '../log.ts'
import { createTestServer } from '../server.fixture.ts'

test.each([2, 3, 4])(
  'an export that fails at its run %i reports the error to the log only',
  async (place) => {
    const secret = 'hunter2-do-not-tell'
    const told = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => told.mockRestore())
    const lines: string[] = []
    const store = createMemoryStore()
    let read = Number.NEGATIVE_INFINITY
    const server = await createTestServer({
      logger: createLogger({ destination: { write: (line: string) => void lines.push(line) } }),
      store: {
        ...store,
        async entries(...asked) {
          if (++read === place) throw new Error(`could not connect with password ${secret}`)
          return store.entries(...asked)
        },
      },
    })
    onTestFinished(() => server.close())
    const key = server.key()
    for (const id of ['one', 'two', 'three', 'four', 'five']) await server.start(id, key)
    read = 0

    const heard = await server
      .call('GET', '/api/v1/export', { key })
      .then(({ text }) => text, String)

    expect(heard).not.toContain('"kind":"end"')
    expect([heard, ...lines, ...told.mock.calls.flat().map(String)].join('\n')).not.toContain(
      secret,
    )
    expect(lines.filter((line) => line.includes('"msg":"failed"'))).toHaveLength(1)
  },
)
