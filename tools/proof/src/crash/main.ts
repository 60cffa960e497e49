import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { startPostgres, startPostgresPair, type PostgresServer } from '@loop-engine/testing'
import { Client } from 'pg'

import { contended } from './contended.ts'
import { prepareCrashBank } from './once-loop.ts'
import { recover, showing, type Recovery } from './recover.ts'
import { runUntilKilled, runWorkers, type Acknowledged } from './workers.ts'
import { outlive } from './zombies.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
})

if (values.help) {
  console.log(
    'npm run crash [-- --kills N --seed N]\n\nKills workers with SIGKILL at random moments, ends database sessions and restarts the database in mid-commit,\nstops workers for longer than their leases, and lets 8 processes contend; then recovers and checks that nothing acknowledged is lost, nothing ran twice, nothing is stuck.',
  )
} else {
  process.exitCode = await crash(Number(values.kills), Number(values.seed))
}

async function crash(kills: number, seed: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-crash-'))
  const random = createRandom(seed)
  const postgres = await startPostgres({ private: true })
  const file = (name: string): string => join(folder, `${name}.db`)
  const schema = (name: string): string => `${postgres.url}#crash_${name}`
  const tests: readonly [string, (bank: string) => Promise<Recovery>][] = [
    [
      `SQLite: ${kills / 2} kills`,
      (bank) =>
        killed(file('sqlite'), bank, { kills: kills / 2, workers: 1, withinMs: 120 }, random),
    ],
    [
      `PostgreSQL: ${kills / 2} kills among 2 workers`,
      (bank) =>
        killed(schema('kill'), bank, { kills: kills / 2, workers: 2, withinMs: 300 }, random),
    ],
    [
      'PostgreSQL: sessions ended and the server restarted in mid-commit',
      (bank) => disturbed(schema('server'), bank, postgres, random),
    ],
    [
      'SQLite: 64 callers in 8 processes contend for 3 runs',
      (bank) => contended(file('contend'), bank),
    ],
    [
      'PostgreSQL: 64 callers in 8 processes contend for 3 runs',
      (bank) => contended(schema('contend'), bank),
    ],
    [
      'PostgreSQL: the primary dies in mid-commit and its standby takes over',
      (bank) => failedOver(bank, random),
    ],
    [
      'SQLite: a worker is stopped 20 times for longer than its leases',
      (bank) => outlive(file('zombie'), bank, 20),
    ],
    [
      'PostgreSQL: a worker is stopped 20 times for longer than its leases',
      (bank) => outlive(schema('zombie'), bank, 20),
    ],
  ]
  let failed = 0
  for (const [index, [name, run]] of tests.entries()) {
    const bank = file(`bank-${index}`)
    prepareCrashBank(bank)
    const started = performance.now()
    const { problems, acknowledged, runs, unknown } = await run(bank)
    failed += problems.length > 0 ? 1 : 0
    console.log(
      `${problems.length === 0 ? 'pass' : 'FAIL'}  ${name}: ${acknowledged} acknowledged, ${runs} runs, ${unknown} effects unknown, ${Math.round((performance.now() - started) / 1000)} s`,
    )
    for (const problem of problems.slice(0, 10)) console.log(`      ${problem}`)
  }
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
  console.log(`${tests.length - failed} passed, ${failed} failed (seed ${seed})`)
  return failed > 0 ? 1 : 0
}

interface Kills {
  readonly kills: number
  /** The number of workers that work, and die, at a time. */
  readonly workers: number
  /** The longest time from readiness to the kill. */
  readonly withinMs: number
}

async function killed(
  place: string,
  bank: string,
  { kills, workers, withinMs }: Kills,
  random: () => number,
): Promise<Recovery> {
  const acknowledged: Acknowledged[] = []
  for (let kill = 0; kill < kills; kill += workers) {
    const told = await Promise.all(
      Array.from({ length: workers }, (_, index) =>
        runUntilKilled([place, bank, `w${index}`, 'journeys'], 5 + random() * withinMs),
      ),
    )
    acknowledged.push(...told.flat())
  }
  return showing(
    await recover(place, bank, acknowledged),
    acknowledged.length >= kills,
    `${kills} kills met ${acknowledged.length} acknowledged commits: they came before the work`,
  )
}

/** Lets clients work while their database sessions are ended, and while the server crashes and restarts. */
async function disturbed(
  place: string,
  bank: string,
  postgres: PostgresServer,
  random: () => number,
): Promise<Recovery> {
  const acknowledged = await runWorkers(
    2,
    (index) => [place, bank, `w${index}`, 'journeys', '60'],
    async (running) => {
      for (let cut = 0; running() && cut < 20; cut++) {
        await sleep(50 + random() * 150)
        if (cut % 7 === 6) {
          await postgres.crash()
          await postgres.restart()
        } else await endSessions(postgres.url)
      }
    },
  )
  return recover(place, bank, acknowledged)
}

/** Lets clients go on with the standby after the primary crashed. The standby must have every acknowledged commit. */
async function failedOver(bank: string, random: () => number): Promise<Recovery> {
  const pair = await startPostgresPair()
  const place = `${pair.url}#crash_failover`
  const acknowledged = await runWorkers(
    2,
    (index) => [place, bank, `w${index}`, 'journeys', '60'],
    async () => {
      await sleep(1500 + random() * 500)
      await pair.primary.crash()
      await pair.promote()
    },
  )
  const recovery = await recover(place, bank, acknowledged)
  await pair.stop()
  return recovery
}

/** Ends every other session of the server, even in the middle of a statement. */
async function endSessions(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
  )
  await client.end()
}

/** Mulberry32: with the same seed, workers are killed at the same moments. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
