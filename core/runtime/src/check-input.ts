import { decisionKinds, isRecord, LoopError, notBlank, refuseStrayKeys } from '@loop-engine/core'

type Rule = readonly [hint: string, isFine: (value: unknown) => boolean]

/** Whole, because not every database compares an integer with a fraction. */
const number: Rule = [
  'Give a whole number.',
  (value) => Number.isSafeInteger(value) || value === Infinity || value === -Infinity,
]

/** A field of one name has one rule in every call. Fields without a rule here are read where they are used. */
const rules: Readonly<Record<string, Rule>> = {
  tenant: text(256),
  aggregateId: text(256),
  requestId: text(1024),
  runId: text(1024),
  correlationId: text(1024),
  traceparent: text(4096),
  /** As long as in a channel, the API and a decision token. */
  reason: text(4096),
  loopId: text(128),
  state: text(128),
  tag: text(128),
  viewHash: text(64),
  revision: ['Give the number of a revision.', Number.isSafeInteger],
  decision: [
    `Write ${decisionKinds.join(', ')}.`,
    (value) => decisionKinds.some((kind) => kind === value),
  ],
  from: number,
  limit: number,
  updatedFrom: number,
  updatedUntil: number,
  metadata: ['Give an object.', isRecord],
  edits: ['Give the whole evidence as it should be, an object.', isRecord],
  response: ['Give an object.', isRecord],
  tags: [
    'Give a list of texts.',
    (value) => Array.isArray(value) && value.every((tag) => isText(tag, 128) && notBlank.test(tag)),
  ],
  expected: [
    'Give `runId` and `version` of the run as it was read.',
    (value) =>
      isRecord(value) && typeof value.runId === 'string' && Number.isSafeInteger(value.version),
  ],
  proof: [
    'Give texts by name.',
    (value) => isRecord(value) && Object.values(value).every((id) => isText(id, 1024)),
  ],
}

/** Throws `invalid_input` for a key that a call would ignore, and for a field that no record has in this form. */
export function checkInput(
  what: string,
  input: object,
  keys: Readonly<Record<string, true>>,
  required: readonly string[] = ['aggregateId'],
): void {
  refuseStrayKeys(input, keys, { what })
  checkFields(what, input, required)
}

/** The same for a call that only reads, which may be given the input of a call that writes: unknown keys are no fault. */
export function checkFields(what: string, input: object, required: readonly string[]): void {
  if (!isRecord(input))
    throw new LoopError('invalid_input', `${what} takes an object.`, { path: '' })
  for (const key of required) {
    if (input[key] !== undefined) continue
    throw new LoopError('invalid_input', `${what} misses a field.`, { path: `/${key}` })
  }
  for (const key of Object.keys(input)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined
    const value = input[key]
    if (!rule || value === undefined || rule[1](value)) continue
    throw new LoopError('invalid_input', `${what} cannot read a field.`, {
      path: `/${key}`,
      hint: rule[0],
    })
  }
}

/** The known statuses differ from call to call. */
export function checkStatus(what: string, status: unknown, known: readonly unknown[]): void {
  if (status === undefined || known.includes(status)) return
  throw new LoopError('invalid_input', `${what} knows no such status.`, {
    path: '/status',
    hint: `Write ${known.join(', ')}.`,
  })
}

function text(most: number): Rule {
  return [
    `Write text of 1 to ${most} characters that is not blank.`,
    (value) => isText(value, most) && notBlank.test(value),
  ]
}

export function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most
}
