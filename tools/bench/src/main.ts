import { fork } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { isMet, type FigureOfSuite } from './figure.ts'
import { suites } from './suites.ts'
import { tableOf } from './table.ts'

const help = `Usage: npm run bench -- [options]

  --suite NAME   only this suite, may be repeated: ${Object.keys(suites).join(', ')}
  --quick        short rounds and small sizes: checks that everything runs, not targets
  --json FILE    where the figures go (bench-results.json)
  --help         this text
`

const { values } = parseArgs({
  options: {
    suite: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench-results.json' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(help)
else await bench(values.suite ?? Object.keys(suites), values.quick, values.json)

async function bench(names: readonly string[], quick: boolean, file: string): Promise<void> {
  const unknown = names.find((name) => !Object.hasOwn(suites, name))
  if (unknown !== undefined) throw new Error(`There is no suite ${unknown}.\n\n${help}`)
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  }
  console.log(
    `Node ${machine.node}, ${machine.platform}, ${machine.cpus}${quick ? ', quick' : ''}\n`,
  )

  const figures: FigureOfSuite[] = []
  const failed: string[] = []
  for (const name of names) {
    try {
      const measured = await runSuite(name, quick)
      if (measured.length > 0) console.log(`${tableOf(measured)}\n`)
      figures.push(...measured)
    } catch (error) {
      console.error(
        `${name} did not finish: ${error instanceof Error ? error.message : String(error)}\n`,
      )
      failed.push(name)
    }
  }
  const results = figures.map((figure) => ({ ...figure, met: isMet(figure) }))
  writeFileSync(file, `${JSON.stringify({ quick, machine, failed, results }, null, 2)}\n`)
  const aimed = results.filter(({ target }) => !('none' in target))
  const met = aimed.filter((result) => result.met).length
  console.log(`${met} of ${aimed.length} targets met; figures in ${file}`)
  if (failed.length > 0) process.exitCode = 1
}

function runSuite(name: string, quick: boolean): Promise<readonly FigureOfSuite[]> {
  const child = fork(join(import.meta.dirname, 'run-suite.ts'), [name, quick ? 'quick' : 'full'], {
    execArgv: [...process.execArgv, '--expose-gc', '--max-old-space-size=4096'],
  })
  return new Promise((resolve, reject) => {
    let figures: readonly FigureOfSuite[] | undefined
    child.on('message', (message) => {
      figures = message as readonly FigureOfSuite[]
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      if (figures && code === 0) resolve(figures)
      else reject(new Error(`it ended with ${code}`))
    })
  })
}
