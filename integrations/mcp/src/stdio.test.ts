import { fileURLToPath } from 'node:url'

import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { describe, expect, onTestFinished, test } from 'vitest'

import { call, eras, quote } from './desk.fixture.ts'

const program = fileURLToPath(new URL('./stdio-server.fixture.ts', import.meta.url))

/** A client that starts the server as a process. */
async function start(mode: (typeof eras)[number], ...args: string[]): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
  onTestFinished(() => client.close())
  const options = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [...options, program, ...args] }),
  )
  return client
}

describe.each(eras)('a client of %s that starts the server as a process', (mode) => {
  test('gets answers over its pipes', async () => {
    const client = await start(mode)

    const asked = await call(client, 'request_transition', quote)
    const wrong = await call(client, 'get_run', { aggregateId: 7 })

    expect(asked.data).toMatchObject({ status: 'executed' })
    expect(wrong.data.error).toMatchObject({ code: 'invalid_input', path: '/aggregateId' })
  })

  test('is told that a message is too long, and goes on', async () => {
    const client = await start(mode)
    const evidence = { amount: 5, note: 'x'.repeat(600_000) }

    const tooLong = call(client, 'request_transition', { ...quote, evidence })

    await expect(tooLong).rejects.toMatchObject({ data: { code: 'too_large' } })
    const asked = await call(client, 'request_transition', quote)
    expect(asked.data).toMatchObject({ status: 'executed' })
  })

  test('may send many messages at once that together exceed the limit of one', async () => {
    const client = await start(mode, '2000')

    const answers = await Promise.all(Array.from({ length: 100 }, () => call(client, 'list_loops')))

    expect(answers.every(({ isError }) => !isError)).toBe(true)
  })
})
