import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { checkLink, genesisHash, type LoopStore } from '@loop-engine/core'
import { startPlan } from '@loop-engine/testing'
import { afterAll, expect, onTestFinished, test } from 'vitest'

import { createSqliteStore } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'loop-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Another process: moves the run on `count` times, each commit with an effect, and prints the versions it was promised. */
function startWriter(path: string, count: number): ChildProcess {
  const program = `
    import { createSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'sqlite.ts'))}
    import { nextPlan, outboxItem } from '@loop-engine/testing'
    const store = createSqliteStore({ path: ${JSON.stringify(path)}, durability: 'process', busyTimeoutMs: 30_000 })
    await store.open()
    for (let done = 0; done < ${count}; ) {
      const plan = nextPlan(await store.get('acme', 'order-1'), [{ message: String(process.pid) }])
      const [{ kind }] = await store.commit([{ ...plan, outbox: [outboxItem(plan.instance)] }])
      if (kind !== 'committed') continue
      done += 1
      process.stdout.write(plan.instance.version + '\\n')
    }
    await store.close()
  `
  return startProgram(program)
}

function startProgram(program: string, ...permissions: string[]): ChildProcess {
  const flags = [
    '--disable-warning=ExperimentalWarning',
    '--conditions=@loop-engine/source',
    '--input-type=module',
  ]
  return spawn(process.execPath, [...flags, ...permissions, '--eval', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function promisesOf(writer: ChildProcess, onPromise?: () => void): Promise<number[]> {
  const versions: number[] = []
  for await (const line of createInterface({ input: writer.stdout ?? process.stdin })) {
    versions.push(Number(line))
    onPromise?.()
  }
  return versions
}

async function openWithRun(name: string): Promise<LoopStore> {
  const store = createSqliteStore({
    path: join(folder, name),
    durability: 'process',
    busyTimeoutMs: 30_000,
  })
  onTestFinished(() => store.close())
  await store.open()
  await store.commit([startPlan()])
  return store
}

/** Every entry follows from the one before, the run is the newest, and no effect is missing or without its entry. */
async function expectWhole(store: LoopStore): Promise<number> {
  const run = await store.get('acme', 'order-1')
  const entries = await store.entries('acme', run?.runId ?? '', { limit: 100_000 })
  let link = { version: 0, head: genesisHash }
  for (const entry of entries) {
    expect(checkLink(entry, link)).toBeNull()
    link = { version: entry.seq, head: entry.hash }
  }
  expect(run).toMatchObject(link)
  let effects = 0
  for (let now = Number.MAX_SAFE_INTEGER / 2; ; effects += 1) {
    const [claim] = await store.claim({ worker: 'w', now, leaseMs: 1, limit: 1 })
    if (claim === undefined) break
    expect(claim.seq).toBe(effects + 2)
    await store.settle([{ id: claim.id, fence: claim.fence, outcome: { kind: 'done' } }])
  }
  expect(effects).toBe(entries.length - 1)
  return entries.length
}

test(
  'processes that contend for one run take turns, and none is lost',
  { timeout: 60_000 },
  async () => {
    const store = await openWithRun('contended.db')
    const writers = Array.from({ length: 3 }, () => startWriter(join(folder, 'contended.db'), 25))

    const promised = (await Promise.all(writers.map((writer) => promisesOf(writer)))).flat()

    expect(promised.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 75 }, (_, index) => index + 2),
    )
    expect(await expectWhole(store)).toBe(76)
  },
)

test(
  'what was promised before a kill is there afterwards, whole',
  { timeout: 60_000 },
  async () => {
    const store = await openWithRun('killed.db')
    for (const promises of [1, 7, 40]) {
      const writer = startWriter(join(folder, 'killed.db'), 1_000_000)
      let left = promises
      const versions = await promisesOf(writer, () => {
        left -= 1
        if (left === 0) writer.kill('SIGKILL')
      })
      if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit')

      const run = await store.get('acme', 'order-1')
      expect(run?.version).toBeGreaterThanOrEqual(versions.at(-1) ?? Infinity)
    }
    await expectWhole(store)
  },
)

test.each([
  ['may start no thread', ['--permission', '--allow-fs-read=*', `--allow-fs-write=${folder}/*`]],
  [
    'has only threads that die',
    [
      '--import',
      `data:text/javascript,import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('no')`,
    ],
  ],
])('a process that %s copies the log into the file by itself', async (name, flags) => {
  const path = join(folder, `${name}.db`)
  // It writes until the log has not grown for long.
  const program = `
    import { statSync } from 'node:fs'
    import { createSqliteStore } from './sqlite.ts'
    const store = createSqliteStore({ path: ${JSON.stringify(path)}, durability: 'process' })
    await store.open()
    for (let [each, size, since] = [0, 0, 0]; since < 300 && each < 20_000; each += 1) {
      await store.putDefinition(String(each), 'x'.repeat(2 ** 12))
      const now = statSync(${JSON.stringify(`${path}-wal`)}).size
      since = now === size ? since + 1 : 0
      size = now
      if (since === 300) console.log(each)
    }
    await store.close()
  `

  expect(await promisesOf(startProgram(program, ...flags))).toHaveLength(1)
})
