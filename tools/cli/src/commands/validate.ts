import { parseLoop } from '@loop-engine/dsl'
import {
  createExpressions,
  createGuardRegistry,
  isLoopError,
  LoopError,
  type LoopDefinition,
} from '@loop-engine/sdk'

import type { AddCommand } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { readText } from '../files.ts'
import { describeProblem, problemsOf } from '../present-error.ts'
import { repeatable } from '../repeatable.ts'

type Report =
  | {
      readonly file: string
      readonly valid: true
      readonly loopId: string
      readonly version: string
    }
  | {
      readonly file: string
      readonly valid: false
      readonly problems: ReturnType<typeof problemsOf>
    }

export const addValidate: AddCommand = (program, act) => {
  program
    .command('validate')
    .description('check loops: structure, guards and their parameters, expressions')
    .argument('<files...>', 'YAML or JSON files')
    .addOption(
      repeatable(
        '--guard <id>',
        'id of a guard of your own that the loops may use; may be repeated',
      ),
    )
    .action(
      act(async ({ output }, files: string[], { guard }: { guard: string[] }) => {
        const checked = await Promise.all(files.map((file) => check(file, guard)))
        const reports = checked.flatMap((one) => (isLoopError(one) ? [] : [one]))
        const unread = checked.flatMap((one) => (isLoopError(one) ? [one] : []))
        const text = reports.map((report) =>
          report.valid
            ? `${output.paint('green', 'ok')}    ${report.file} (${report.loopId} ${report.version})`
            : [
                `${output.paint('red', 'wrong')} ${report.file}`,
                ...report.problems.map((problem) => `      ${describeProblem(problem)}`),
              ].join('\n'),
        )
        if (reports.length > 0) output.result(reports, text.join('\n'))
        const [first] = unread
        // One error names all files that cannot be read, after the reports on the others.
        if (first)
          throw new LoopError(first.code, unread.map(({ message }) => message).join(' '), first)
        return reports.every(({ valid }) => valid) ? exitCodes.ok : exitCodes.failed
      }),
    )
}

/** The report on a file, or the reason why it cannot be read. */
async function check(file: string, ownGuards: readonly string[]): Promise<Report | LoopError> {
  try {
    const { id, version } = parse(await readText(file), file, ownGuards)
    return { file, valid: true, loopId: id, version }
  } catch (error) {
    if (!isLoopError(error)) throw error
    if (error.code === 'invalid_definition')
      return { file, valid: false, problems: problemsOf(error) }
    return error
  }
}

function parse(text: string, file: string, ownGuards: readonly string[]): LoopDefinition {
  const registry = createGuardRegistry()
  const expressions = createExpressions()
  return parseLoop(text, {
    file,
    guards: {
      get: (id) => registry.get(id) ?? (ownGuards.includes(id) ? {} : undefined),
      keys: () => [...registry.ids, ...ownGuards],
    },
    compileExpression: (expression, scope) => expressions.compile(expression, scope),
  })
}
