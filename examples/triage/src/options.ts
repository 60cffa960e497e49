import { mkdtempSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { chooseProposer, type Environment, type Proposer } from './proposals/proposer.ts'

export interface Options {
  readonly data: string
  readonly as: string
  readonly proposer: Proposer
  readonly answers: 'ask' | 'approve' | 'reject' | 'leave'
  readonly json: boolean
  readonly help: boolean
}

export const usage = `npm start -- [options]

Triages GitHub's 329 example payloads: reads them, has a model or fixed rules propose, lets
guards and people decide, and files tickets, each of them once. Stop it at any moment; the next start goes on.

  --as ID          who decides (default: the user of this computer), in the role security
  --provider NAME  who proposes: rules, anthropic, openai, gemini or grok (default: the first of these
                   models whose key is set; rules without one). The keys, in the environment:
                   ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, XAI_API_KEY; other addresses:
                   ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GOOGLE_GEMINI_BASE_URL
  --model NAME     which model of that provider
  --approve-all    approve whatever waits, without asking
  --reject-all     reject whatever waits, without asking
  --ask-none       leave what waits; the default where there is no terminal
  --data DIR       where the record and the tickets are kept (default: .loop)
  --temporary      keep them in a new folder for temporary files
  --json           print the summary as JSON
  --help           print this

Exit codes: 0 done, 1 failed, 2 wrong usage or a --data that cannot be used,
5 the record does not verify, or is damaged, 6 the model left some matters without a proposal: the
next start asks again, 130 interrupted`

/** Reads the command line. Throws a TypeError whose message is for the person who typed it. */
export function readOptions(args: readonly string[], terminal: boolean, env: Environment): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      as: { type: 'string' },
      provider: { type: 'string' },
      model: { type: 'string' },
      data: { type: 'string', default: '.loop' },
      'approve-all': { type: 'boolean', default: false },
      'reject-all': { type: 'boolean', default: false },
      'ask-none': { type: 'boolean', default: false },
      temporary: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const chosen = (['approve-all', 'reject-all', 'ask-none'] as const).filter((name) => values[name])
  if (chosen.length > 1) throw new TypeError(`--${chosen.join(' and --')} exclude each other.`)
  if (values.data === '') throw new TypeError('--data needs a folder.')
  if (values.as?.trim() === '') throw new TypeError('--as needs the id of a person.')
  const as = values.help ? '' : (values.as ?? userOfThisComputer())
  const [choice] = chosen
  // Help must not fail over a key that is missing.
  const proposer = chooseProposer(values.help ? { provider: 'rules' } : values, env)
  const byDefault = terminal && !values.json ? 'ask' : 'leave'
  return {
    data:
      values.temporary && !values.help ? mkdtempSync(join(tmpdir(), 'loop-triage-')) : values.data,
    as,
    proposer,
    answers: choice ? answersOf[choice] : byDefault,
    json: values.json,
    help: values.help,
  }
}

const answersOf = {
  'approve-all': 'approve',
  'reject-all': 'reject',
  'ask-none': 'leave',
} as const

/** The name of the user; a TypeError that asks for `--as` where the user has none, as in a container. */
function userOfThisComputer(): string {
  try {
    return userInfo().username
  } catch {
    throw new TypeError('The user of this computer has no name: say who decides, with --as ID.')
  }
}
