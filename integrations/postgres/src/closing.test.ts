import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { startPostgres } from '@loop-engine/testing'
import { expect, onTestFinished, test, vi } from 'vitest'

import { openStore } from './postgres.fixture.ts'
import { startSilentServer } from './silent-server.fixture.ts'

const program = `
  import { once } from 'node:events'
  import { createPostgresStore } from './postgres.ts'
  const [connectionString, schema] = process.argv.slice(1)
  const store = createPostgresStore({ connectionString, schema })
  await store.open()
  process.stdout.write('open')
  await once(process.stdin.resume(), 'end')
  await store.close()`

test('a process that closed its store ends, though its server fell silent', async () => {
  const server = await startPostgres()
  const silent = await startSilentServer(server.url)
  onTestFinished(silent.close)
  const options = ['--conditions=@loop-engine/source', '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, [...options, silent.url, server.schema()], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')

  await silent.silence()
  child.stdin.end()

  expect(await once(child, 'exit')).toEqual([0, null])
})

test('what only keeps a connection in shape is not waited for', { timeout: 20_000 }, async () => {
  const server = await startPostgres()
  const silent = await startSilentServer(server.url)
  onTestFinished(silent.close)
  const store = await openStore({ connectionString: silent.url, schema: server.schema() })
  const later = performance.now() + 60_000
  vi.spyOn(performance, 'now').mockReturnValue(later)
  onTestFinished(() => void vi.restoreAllMocks())
  const fallen = silent.silence('DISCARD PLANS')
  await store.definition('none')
  await fallen

  // A question that nobody answers is given up after half a minute.
  await expect(store.close()).resolves.toBeUndefined()
})

test('what was asked before closing is answered, also what waits for a connection', async () => {
  const server = await startPostgres()
  const store = await openStore({
    connectionString: server.url,
    schema: server.schema(),
    maxConnections: 1,
  })
  await store.putDefinition('large', 'x'.repeat(2 ** 20))
  const reads = Array.from({ length: 12 }, () => store.definition('large'))

  await store.close()

  for (const read of reads) expect(await read).toHaveLength(2 ** 20)
})
