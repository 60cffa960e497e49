import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { checkInvariants, invariants } from '@loop-engine/testing'

import { runScenario } from './scenario.ts'
import { seededBugs } from './seeded-bugs/seeded-bugs.ts'

const page = join(import.meta.dirname, '../../../docs/invariants.md')
const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean' } } })

if (values.help) {
  console.log(
    'npm run proof [-- --check]\n\nRuns the proof scenario clean and with every seeded bug, and writes docs/invariants.md.\n--check fails instead of writing when the page is out of date.',
  )
} else {
  process.exitCode = await prove()
}

/** Checks that a system without bugs breaks no invariant, and that each seeded bug is caught by its invariant. */
async function prove(): Promise<number> {
  const clean = await checkInvariants(await runScenario())
  for (const { invariant, message } of clean)
    console.log(`a clean system breaks ${invariant}: ${message}`)
  const rows: string[] = []
  let missed = 0
  for (const { number, name } of invariants) {
    for (const bug of seededBugs.filter(({ invariant }) => invariant === number)) {
      const violations = await checkInvariants(await runScenario(bug.sabotage))
      const caught = violations.find(({ invariant }) => invariant === number)
      if (!caught) missed++
      console.log(
        `${caught ? 'caught' : 'MISSED'}  ${String(number).padStart(2)}  ${bug.what}${caught ? `: ${caught.message}` : ''}`,
      )
      rows.push(`| ${number} | ${name} | ${bug.what} | ${caught?.message ?? '**not caught**'} |`)
    }
    if (!seededBugs.some(({ invariant }) => invariant === number)) {
      missed++
      console.log(`MISSED  ${number}  no bug is seeded`)
    }
  }
  const text = render(rows)
  if (values.check && readFileSync(page, 'utf8') !== text) {
    console.log('docs/invariants.md is out of date: run npm run proof')
    missed++
  } else if (!values.check) writeFileSync(page, text)
  console.log(`${rows.length - missed} bugs caught, ${missed} missed, ${clean.length} false alarms`)
  return missed + clean.length > 0 ? 1 : 0
}

function render(rows: readonly string[]): string {
  return [
    '# The invariants, and proof that each is watched',
    '',
    'Each line breaks the product on purpose and shows that the checker of that promise says so.',
    'The checkers are `checkInvariants` of `@loop-engine/testing`; this page is written by `npm run proof`.',
    '',
    '| # | invariant | seeded bug | what the checker says |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
