import { fileURLToPath } from 'node:url'

import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, test } from 'vitest'

import { call, eras, quote } from './desk.fixture.ts'

const program = fileURLToPath(new URL('./stdio-server.fixture.ts', import.meta.url))

test.each(eras)(
  'a client of %s starts the server as a process and asks over its pipes',
  async (mode) => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [
          '--disable-warning=ExperimentalWarning',
          '--conditions=@loop-engine/source',
          program,
        ],
      }),
    )
    try {
      const asked = await call(client, 'request_transition', quote)
      const wrong = await call(client, 'get_run', { aggregateId: 7 })

      expect(asked.data).toMatchObject({ status: 'executed' })
      expect(wrong.data.error).toMatchObject({ code: 'invalid_input', path: '/aggregateId' })
    } finally {
      await client.close()
    }
  },
)
