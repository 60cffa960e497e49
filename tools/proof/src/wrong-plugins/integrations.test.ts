import { LoopError, type EffectContext, type Integration } from '@loop-engine/core'
import { integrationConformance, type IntegrationHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

/** The system of record: tickets, each under the key that it came with. */
type Table = Map<string, unknown>
type Input = Integration['actions'][string]['input']
type Run = (table: Table, input: unknown, context: EffectContext) => unknown

const right: Run = (table, input, { idempotencyKey }) => {
  if (!table.has(idempotencyKey)) table.set(idempotencyKey, input)
  return { filed: true }
}
const again = (table: Table, input: unknown): void => void table.set(`one of ${table.size}`, input)

await suiteJudges(integrationConformance, harnessOf({}), {
  'has another contract': harnessOf({ shape: { contract: 'integration/v2' } }),
  'has no name': harnessOf({ shape: { name: '' } }),
  'has an action that nobody tests': harnessOf({
    actions: { close: { input: { parse: () => ({}) }, run: async () => {} } },
  }),
  'does nothing': harnessOf({ run: () => ({ filed: true }) }),
  'acts while it reads the input': harnessOf({
    input: (table) => ({
      parse(value) {
        const input = read(value)
        again(table, input)
        return input
      },
    }),
    run: () => ({ filed: true }),
  }),
  'accepts any input': harnessOf({ input: () => ({ parse: (value) => value }) }),
  'replaces input that it cannot read by something else': harnessOf({
    input: () => ({
      parse: (value) => {
        try {
          return read(value)
        } catch {
          return { title: 'No title' }
        }
      },
    }),
  }),
  'changes its input': harnessOf({
    input: () => ({ parse: (value) => Object.assign(read(value), { read: true }) }),
  }),
  'acts at each delivery': harnessOf({ run: again }),
  'acts once for each run': harnessOf({
    run: (table, input, { receipt, ...context }) =>
      right(table, input, { ...context, receipt, idempotencyKey: receipt.runId }),
  }),
  'acts once for each attempt': harnessOf({
    run: (table, input, context) =>
      right(table, input, {
        ...context,
        idempotencyKey: `${context.idempotencyKey} ${context.attempt}`,
      }),
  }),
  'acts at the first attempt only': harnessOf({
    run: (table, input, context) => context.attempt === 1 && right(table, input, context),
  }),
  'remembers keys in its process only': harnessOf({
    runs: () => {
      const known = new Set<string>()
      return (table, input, { idempotencyKey }) => {
        if (!known.has(idempotencyKey)) again(table, input)
        known.add(idempotencyKey)
      }
    },
  }),
  'fails when a key is delivered again': harnessOf({
    run(table, input, context) {
      if (table.has(context.idempotencyKey)) throw new LoopError('conflict', 'It is filed.')
      return right(table, input, context)
    },
  }),
  'returns a value that is not JSON': harnessOf({
    run: (table, input, context) => {
      right(table, input, context)
      return { filed: new Date(0), by: () => 'somebody' }
    },
  }),
})

interface Change {
  readonly shape?: object
  readonly actions?: Integration['actions']
  readonly input?: (table: Table) => Input
  readonly run?: Run
  /** What each process runs, in place of `run`. */
  readonly runs?: () => Run
}

function read(value: unknown): object {
  if (typeof value === 'object' && value !== null && 'title' in value) return value
  throw new LoopError('invalid_input', 'A ticket needs a title.', { path: '/title' })
}

function harnessOf({
  shape,
  actions,
  input,
  run = right,
  runs = () => run,
}: Change): IntegrationHarness {
  let table: Table = new Map()
  const reopen = (): Integration => {
    const act = runs()
    return {
      contract: 'integration/v1',
      name: 'tickets',
      actions: {
        file: {
          input: input?.(table) ?? { parse: read },
          run: async (value, context) => act(table, value, context) as undefined,
        },
        ...actions,
      },
      ...shape,
    }
  }
  return {
    name: 'a table of tickets',
    create() {
      table = new Map()
      return reopen()
    },
    reopen,
    actions: { file: { input: { title: 'Leak' }, bad: [null, {}, 'text'], idempotent: true } },
    acted: () => table.size,
  }
}
