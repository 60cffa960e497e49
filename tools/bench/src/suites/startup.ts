import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

import type { Suite } from '../figure.ts'
import { median } from '../measure.ts'
import { temporaryFile } from '../temporary.ts'

const root = join(import.meta.dirname, '../../../..')
const open = `
  import { createLoopSystem, defineLoop } from '@loop-engine/sdk'
  import { createSqliteStore } from '@loop-engine/integration-sqlite'
  const loops = Array.from({ length: 10 }, (_, index) => defineLoop({
    id: 'bench.start-' + index, states: [{ id: 'A' }, { id: 'B', terminal: true }], initialState: 'A',
    transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human'] }],
  }))
  const system = await createLoopSystem({ loops, store: createSqliteStore({ path: process.argv[1] }) })
  await system.close()`

/** Compares a process that imports the engine and opens a store with ten definitions with one that does nothing. */
export const startup: Suite = async ({ quick }) => {
  build()
  const path = temporaryFile()
  const ours: number[] = []
  const baseline: number[] = []
  took(open, path)
  for (let round = 0; round < (quick ? 3 : 21); round++) {
    baseline.push(took('', path))
    ours.push(took(open, path))
  }
  return [
    {
      name: 'import, open, ten definitions, close',
      ours: median(ours),
      baseline: median(baseline),
      unit: 'ms',
      against: 'an empty Node process',
      target: { differenceAtMost: 40 },
      conditions: 'built packages, existing SQLite file, synchronous=FULL, durability power',
    },
  ]
}

/** Builds the packages that changed, by Nx. With a stale `dist` the figure would be that of an older program. */
function build(): void {
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js')
  const packages = 'core/*,integrations/sqlite'
  try {
    execFileSync(process.execPath, [nx, 'run-many', '-t', 'build', '-p', packages], {
      cwd: root,
      stdio: 'ignore',
    })
  } catch (cause) {
    throw new Error('The packages to measure do not build; `npm run build` says why.', { cause })
  }
}

function took(script: string, path: string): number {
  const start = performance.now()
  execFileSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, path],
    {
      cwd: join(root, 'tools/bench'),
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'] },
    },
  )
  return performance.now() - start
}
