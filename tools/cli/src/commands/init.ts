import { parseLoop } from '@loop-engine/dsl'

import type { AddCommand } from '../context.ts'
import { writeText } from '../files.ts'
import { quoted } from '../quoted.ts'

const starter = `# A loop: what may happen, who may do it, and what must hold before it does.
id: refund
version: 1.0.0
name: Refund
description: An agent proposes a refund. A large one waits for a person.

states:
  - { id: REQUESTED }
  - { id: APPROVED, terminal: true }
  - { id: DECLINED, terminal: true }
initialState: REQUESTED

transitions:
  - id: grant
    from: REQUESTED
    to: APPROVED
    signal: grant
    actors: [ai-agent, human]
    guards:
      - { id: confidence-threshold, with: { min: 0.8 }, severity: hard, evaluatedBy: runtime }
    approval:
      when: evidence.amount > 100
      reviewers: ['role:finance']
      expiresIn: 24h
      onReject: decline

  - { id: decline, from: REQUESTED, to: DECLINED, signal: decline, actors: [human, system], guards: [] }
`

export const addInit: AddCommand = (program, act) => {
  program
    .command('init')
    .description('write an example loop to start from')
    .argument('[file]', 'the file to write', 'refund.loop.yaml')
    .option('--force', 'replace the file if it exists', false)
    .action(
      act(async ({ output }, file: string, { force }: { force: boolean }) => {
        const loop = parseLoop(starter, { format: 'yaml' })
        const { id } = loop
        // The other commands tell the format of a file by its name.
        const text = file.endsWith('.json') ? `${JSON.stringify(loop, null, 2)}\n` : starter
        await writeText(file, text, { overwrite: force })
        const next = [
          `loop validate ${quoted(file)}`,
          `loop graph ${quoted(file)} --format svg -o ${id}.svg`,
          'npm install @loop-engine/sdk @loop-engine/integration-sqlite',
        ]
        const steps = next.map((line) => `  ${line}`).join('\n')
        output.result(
          { file, loopId: id, next },
          `Wrote the loop ${id} to ${file}. Next:\n${steps}`,
        )
      }),
    )
}
