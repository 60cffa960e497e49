import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { expect, onTestFinished, test } from 'vitest'

import type { LoopCommand } from '../loop-commands.ts'
import { createSender } from './loop-sender.ts'

const actor = { type: 'human', id: 'alice' } as const

async function desk() {
  const store = createMemoryStore()
  const { engine, close } = await createLoopSystem({ loops: [], store, relay: false })
  onTestFinished(close)
  const sent: LoopCommand[] = []
  const loops = {
    send: async (_key: object, command: LoopCommand) => void sent.push(command),
    tell: async () => {},
  }
  const { send } = createSender(loops, store, undefined)
  const start = async (input: unknown): Promise<unknown> =>
    send('start', input as never, () => engine.start(input as never))
  return { start, sent }
}

test.each([
  [null, ''],
  [{ actor, loopId: 'order' }, '/aggregateId'],
  [{ aggregateId: 7, actor, loopId: 'order' }, '/aggregateId'],
  [{ aggregateId: '', actor, loopId: 'order' }, '/aggregateId'],
  [{ aggregateId: 'a', tenant: null, actor, loopId: 'order' }, '/tenant'],
])(
  'a command that names no instance is refused by the engine, and starts no workflow: %j',
  async (input, path) => {
    const { start, sent } = await desk()

    await expect(start(input)).rejects.toMatchObject({ code: 'invalid_input', path })
    expect(sent).toEqual([])
  },
)

test('a key whose value is undefined is ignored, as in the engine', async () => {
  const { start, sent } = await desk()
  const reviewer = { ...actor, displayName: undefined, onBehalfOf: undefined }
  await start({ aggregateId: 'a', loopId: 'order', actor: reviewer, tags: undefined })

  const input = { aggregateId: 'a', loopId: 'order', actor }
  expect(sent).toStrictEqual([{ do: 'start', input, vouched: false }])
})
