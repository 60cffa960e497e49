import { readFileSync } from 'node:fs'

import {
  assuranceMethods,
  type ApprovalDecision,
  type ApprovalRequest,
  type GuardInput,
  type GuardVerdict,
  type JsonObject,
  type JsonValue,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { guardInput } from '../guard-input.fixture.ts'
import { createGuardRegistry } from '../registry.ts'

const registry = createGuardRegistry()
const hourMs = 3_600_000
const human = (id: string): { type: 'human'; id: string } => ({ type: 'human', id })
const agent = { type: 'ai-agent', id: 'worker', onBehalfOf: human('alice') } as const

function judge(id: string, parameters: JsonObject, change: Partial<GuardInput> = {}): GuardVerdict {
  const guard = registry.get(id)
  if (!guard) throw new Error(`no guard ${id}`)
  const { signal } = new AbortController()
  const verdict = guard.evaluate(guardInput({ parameters, ...change }), { signal })
  if (verdict instanceof Promise) throw new Error('built-in guards answer at once')
  return verdict
}
const passes = (...judged: Parameters<typeof judge>): boolean => judge(...judged).passed

/** Also closed when the guard throws, as the evaluator sees to it. */
function failsClosed(...judged: Parameters<typeof judge>): boolean {
  try {
    return !passes(...judged)
  } catch {
    return true
  }
}

test('there are fourteen, and none passes without its parameters', () => {
  expect(registry.ids).toHaveLength(14)
  for (const id of registry.ids.filter((known) => known !== 'human-only')) {
    expect([id, failsClosed(id, {})]).toEqual([id, true])
    expect([id, registry.get(id)?.check?.({})]).not.toEqual([id, []])
  }
})

test.each<[string, JsonObject, number]>([
  ['confidence-threshold', { min: 0.8 }, 0],
  ['confidence-threshold', { min: 80, from: 'model' }, 2],
  ['evidence-required', { fields: ['a', '/b/c'] }, 0],
  ['evidence-required', { fields: [] }, 1],
  ['evidence-schema', { schema: { type: 'object' } }, 0],
  ['evidence-schema', { schema: { $ref: 'https://example.com/x' } }, 1],
  ['evidence-schema', { schema: { properties: { a: { pattern: '^(a+)+$' } } } }, 1],
  ['evidence-schema', { schema: { properties: { a: { pattern: '(' } } } }, 1],
  ['evidence-schema', { schema: { patternProperties: { '[': { minLength: 1 } } } }, 1],
  ['evidence-schema', { schema: { properties: { a: { type: 'strnig' } } } }, 1],
  ['evidence-schema', { schema: { properties: ['a'] } }, 1],
  ['evidence-schema', { schema: { properties: { a: 'string' } } }, 1],
  ['evidence-schema', { schema: { properties: { a: { enum: 'x' } } } }, 1],
  ['evidence-schema', { schema: { required: 'a' } }, 1],
  ['evidence-schema', { schema: { properties: { a: { $dynamicRef: '#b' } } } }, 1],
  ['evidence-schema', { schema: { properties: { a: { minimum: '5', maxLength: -1 } } } }, 2],
  ['evidence-schema', { schema: { anyOf: { type: 'object' }, not: [], uniqueItems: 1 } }, 3],
  [
    'evidence-schema',
    { schema: { anyOf: [true, {}], items: false, required: [], minimum: -0.5 } },
    0,
  ],
  [
    'evidence-schema',
    { schema: { examples: [{ minimum: 'x' }], const: { enum: 1 }, title: 'x' } },
    0,
  ],
  ['evidence-schema', { schema: { properties: { a: { $ref: '#/$defs/b' } } } }, 1],
  [
    'evidence-schema',
    {
      schema: {
        $defs: { b: { type: ['string', 'null'] } },
        properties: { a: { $ref: '#/$defs/b' }, type: { type: 'string' } },
        example: { type: 'refund', pattern: '(', $ref: '#/nowhere' },
        default: { a: { type: 'refund' } },
      },
    },
    0,
  ],
  ['human-only', {}, 0],
  ['human-only', { really: true }, 1],
  ['role-required', { roles: ['finance'] }, 0],
  ['role-required', { role: 'finance' }, 2],
  ['role-required', { roles: ['role:finance'] }, 1],
  ['four-eyes', { transition: 'request' }, 0],
  ['approval-obtained', { transition: 'request', people: 2, within: '7d' }, 0],
  ['approval-obtained', { transition: 'request', people: 0 }, 1],
  ['cooldown', { period: '1h', transition: 'request' }, 0],
  ['cooldown', { period: 'soon' }, 1],
  ['rate-limit', { limit: 3, window: '1h', per: 'tenant' }, 0],
  ['rate-limit', { limit: 1.5, window: '0s', per: 'planet' }, 3],
  ['budget', { limit: 100, amount: '/cents', window: '30d', per: 'loop', name: 'all' }, 0],
  ['budget', { limit: -1, amount: 5, window: '0s', per: 'planet', name: 5 }, 5],
  ['deadline-not-exceeded', { within: '2d' }, 0],
  ['deadline-not-exceeded', { at: '2026-12-31T18:00Z' }, 0],
  ['deadline-not-exceeded', { at: '2026-12-31T18:00' }, 1],
  ['deadline-not-exceeded', { at: '2027-02-29T18:00Z' }, 1],
  ['deadline-not-exceeded', { at: '2028-02-29T18:00Z' }, 0],
  ['deadline-not-exceeded', { within: '2d', metadata: '/due' }, 1],
  ['field-constraint', { field: 'a', operator: 'at-most', value: 3 }, 0],
  ['field-constraint', { field: 'a', operator: 'exists' }, 0],
  ['field-constraint', { field: 'a', operator: 'exists', value: false }, 1],
  ['field-constraint', { field: 'a', operator: 'absent', value: true }, 1],
  ['field-constraint', { field: 'a', operator: 'in', value: 'refund' }, 1],
  ['field-constraint', { field: 'a', operator: 'at-most', value: null }, 1],
  ['field-constraint', { field: 'a', operator: 'min-length', value: '5' }, 1],
  ['field-constraint', { field: 'a', operator: 'equals', value: null }, 0],
  ['field-constraint', { field: 'a', operator: 'equals' }, 1],
  ['field-constraint', { field: 'a', operator: 'about' }, 1],
  ['time-window', { timeZone: 'Europe/Berlin', from: '09:00', to: '17:00', days: ['mon'] }, 0],
  ['time-window', { timeZone: 'Mars/Base', from: '9', to: '24:00', days: ['monday'] }, 4],
  ['time-window', { timeZone: 'UTC', from: '09:00', to: '09:00' }, 1],
  ['assurance-at-least', { level: 'oidc' }, 0],
  ['assurance-at-least', { level: 'vibes' }, 1],
])('the parameters of %s %o have %i problems', (id, parameters, problems) => {
  expect(registry.get(id)?.check?.(parameters)).toHaveLength(problems)
})

test.each(
  [
    'properties patternProperties dependentSchemas $defs definitions allOf anyOf oneOf prefixItems',
    'additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains not if then',
    'else items required enum minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
    'minLength maxLength minItems maxItems minContains maxContains minProperties maxProperties',
    'pattern format $ref uniqueItems',
  ].flatMap((line) => line.split(' ')),
)('evidence-schema says so when %s is what no schema has', (keyword) => {
  const problems = registry.get('evidence-schema')?.check?.({ schema: { [keyword]: null } })
  expect(problems).toEqual([expect.stringContaining(`"${keyword}" of a schema must be`)])
})

test('confidence-threshold reads what it is told to, and a missing confidence fails', () => {
  expect(passes('confidence-threshold', { min: 0.8 }, { evidence: { confidence: 0.8 } })).toBe(true)
  for (const confidence of [0.79, 1.01, '0.9', null]) {
    expect(passes('confidence-threshold', { min: 0.8 }, { evidence: { confidence } })).toBe(false)
  }
  const sure = { actor: { ...agent, confidence: 0.9 } }
  expect(passes('confidence-threshold', { min: 0.8 }, sure)).toBe(false)
  expect(passes('confidence-threshold', { min: 0.8, from: 'actor' }, sure)).toBe(true)
})

test('evidence-required wants a value, and sees own fields only', () => {
  const evidence = { a: 0, list: ['x'], deep: { b: false }, text: 'x', empty: '', nothing: null }

  expect(passes('evidence-required', { fields: ['a', '/deep/b', '/list/0'] }, { evidence })).toBe(
    true,
  )
  for (const field of [
    'empty',
    'nothing',
    '/list/1',
    '/list/length',
    '/text/0',
    '/text/length',
    '/nothing/a',
    'constructor',
    '/__proto__',
    '/a/b',
    '',
  ]) {
    expect([field, passes('evidence-required', { fields: [field] }, { evidence })]).toEqual([
      field,
      false,
    ])
  }
})

describe('evidence-schema', () => {
  const schema = Object.freeze({
    type: 'object',
    required: ['cents'],
    properties: { cents: { type: 'integer', minimum: 1 } },
    additionalProperties: false,
  })

  test('holds the evidence to the schema, and leaves the schema alone', () => {
    expect(passes('evidence-schema', { schema }, { evidence: { cents: 5 } })).toBe(true)
    const refused: JsonObject[] = [{}, { cents: 0 }, { cents: 1.5 }, { cents: 5, more: 1 }]
    for (const evidence of refused) {
      expect(passes('evidence-schema', { schema }, { evidence })).toBe(false)
    }
  })

  test('says where in the schema, never what was in the evidence', () => {
    const { message } = judge('evidence-schema', { schema }, { evidence: { cents: 5, hunter2: 1 } })

    expect(message).toContain('#/additionalProperties')
    expect(message).not.toContain('hunter2')
  })

  test.each<[string, JsonObject, JsonValue]>([
    ['a pattern', { pattern: '^\\S+@\\S+\\.\\S+$' }, `${'@.'.repeat(20_000)} `],
    ['a format', { format: 'url' }, `http://${'a'.repeat(80)}!`],
    ['a comparison', { uniqueItems: true }, Array.from({ length: 16_000 }, (_, id) => ({ id }))],
  ])('ends %s that hostile evidence makes endless', (_, a, hostile) => {
    const parameters = { schema: { properties: { a } } }
    const start = performance.now()

    expect(judge('evidence-schema', parameters, { evidence: { a: hostile } })).toMatchObject({
      passed: false,
      message: 'The evidence takes too long to check.',
    })
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test.each(['^(a+)+$', '(a|aa)*b', '(?:x*y?){2,}', '(a)\\1', '((a+)b)*', 'x'.repeat(600)])(
    'refuses the pattern %s',
    (pattern) => {
      const text = { schema: { properties: { a: { type: 'string', pattern } } } }

      expect(failsClosed('evidence-schema', text, { evidence: { a: 'a' } })).toBe(true)
    },
  )

  test.each(['^[a-z]+-\\d{3}$', '^(foo|bar)$', '^(ab)+$', '[(+]*', '\\(+'])(
    'takes the pattern %s',
    (pattern) => {
      expect(
        registry.get('evidence-schema')?.check?.({ schema: { properties: { a: { pattern } } } }),
      ).toEqual([])
    },
  )
})

const closed = { properties: { a: true }, unevaluatedProperties: false }
const open = { properties: { a: true, b: true } }
const beside = { anyOf: [open], if: false }

test.each<[string, JsonObject]>([
  ['allOf beside a reference', { $ref: '#/$defs/open', allOf: [closed] }],
  ['else', { ...beside, else: closed }],
  ['dependentSchemas', { anyOf: [open], dependentSchemas: { a: closed } }],
  ['a reference from else', { ...beside, else: { $ref: '#/$defs/closed' } }],
  ['a reference to it all', { ...closed, properties: { a: { ...beside, else: { $ref: '#' } } } }],
])('evidence-schema: what %s closes stays closed whatever is evaluated beside it', (_, given) => {
  const isWhole = given['unevaluatedProperties'] === false
  const schema = { ...given, $defs: { open, closed } }
  const evidenceOf = (value: JsonObject): JsonObject => (isWhole ? { a: value } : value)
  const judged = (value: JsonObject) =>
    passes('evidence-schema', { schema }, { evidence: evidenceOf(value) })

  expect([judged({ a: 1 }), judged({ a: 1, b: 2 })]).toEqual([true, false])
})

test('evidence-schema: what a closed part evaluated is evaluated for the whole', () => {
  const schema = { allOf: [closed], unevaluatedProperties: false }
  const judged = (evidence: JsonObject) => passes('evidence-schema', { schema }, { evidence })

  expect([judged({ a: 1 }), judged({ b: 2 })]).toEqual([true, false])
})

test('human-only never lets a machine pass, whoever it acts for', () => {
  expect(passes('human-only', {})).toBe(true)
  expect(passes('human-only', {}, { actor: agent })).toBe(false)
})

test('role-required asks for one of the roles', () => {
  const parameters = { roles: ['finance', 'lead'] }

  expect(passes('role-required', parameters, { actor: { ...human('a'), roles: ['lead'] } })).toBe(
    true,
  )
  expect(passes('role-required', parameters, { actor: { ...human('a'), roles: ['intern'] } })).toBe(
    false,
  )
  expect(passes('role-required', parameters, { actor: human('a') })).toBe(false)
})

function approval(
  change: Partial<ApprovalRequest>,
  decided: readonly Partial<ApprovalDecision>[] = [],
): ApprovalRequest {
  const decisions = decided.map((made) => ({
    decision: 'approve',
    stage: 0,
    revision: 1,
    at: 0,
    ...made,
  }))
  return {
    transitionId: 'request',
    requester: agent,
    revision: 1,
    status: 'approved',
    decidedAt: 0,
    decisions,
    delegations: [],
    ...change,
  } as unknown as ApprovalRequest
}

describe('four-eyes', () => {
  const parameters = { transition: 'request' }
  const approvals = [approval({}, [{ reviewer: human('bob') }])]

  test('wants somebody who neither asked nor approved', () => {
    expect(passes('four-eyes', parameters, { actor: human('carol'), approvals })).toBe(true)
    for (const id of ['bob', 'alice', 'Bob', 'user:alice']) {
      expect(passes('four-eyes', parameters, { actor: human(id), approvals })).toBe(false)
    }
  })

  test('is not passed by who handed the vote on, nor by whom that person acted for', () => {
    const delegations = [
      { from: 'bob', onBehalfOf: human('boss'), to: 'dan', stage: 0, at: 0 },
      { from: 'eve', to: 'dora', stage: 0, at: 0 },
    ]
    const given = [approval({ delegations }, [{ reviewer: human('dan'), handedOnBy: ['bob'] }])]

    for (const id of ['Bob', 'boss'])
      expect(passes('four-eyes', parameters, { actor: human(id), approvals: given })).toBe(false)
    expect(passes('four-eyes', parameters, { actor: human('eve'), approvals: given })).toBe(true)
  })

  test('is not passed through an agent of somebody who did', () => {
    const actor = { type: 'ai-agent', id: 'other', onBehalfOf: human('bob') } as const

    expect(passes('four-eyes', parameters, { actor, approvals })).toBe(false)
  })

  test('fails when nobody approved', () => {
    expect(passes('four-eyes', parameters, { approvals: [] })).toBe(false)
    expect(passes('four-eyes', parameters, { approvals: [approval({ status: 'pending' })] })).toBe(
      false,
    )
  })
})

describe('approval-obtained', () => {
  const parameters = { transition: 'request' }

  test('counts people by recorded decisions', () => {
    const twice = [approval({}, [{ reviewer: human('bob') }, { reviewer: human('BOB') }])]
    const two = [approval({}, [{ reviewer: human('bob') }, { reviewer: human('carol') }])]

    expect(passes('approval-obtained', parameters, { approvals: twice })).toBe(true)
    expect(passes('approval-obtained', { ...parameters, people: 2 }, { approvals: twice })).toBe(
      false,
    )
    expect(passes('approval-obtained', { ...parameters, people: 2 }, { approvals: two })).toBe(true)
  })

  test('counts who edited, and only what was approved of its own transition', () => {
    const editor = [{ reviewer: human('bob'), decision: 'edit' as const }]
    expect(passes('approval-obtained', parameters, { approvals: [approval({}, editor)] })).toBe(
      true,
    )
    const another = approval({ transitionId: 'another' }, [{ reviewer: human('bob') }])
    expect(passes('approval-obtained', parameters, { approvals: [another] })).toBe(false)
  })

  test('does not believe evidence', () => {
    const evidence = { approved: true, approvals: ['bob'] }

    expect(passes('approval-obtained', parameters, { evidence, approvals: [] })).toBe(false)
  })

  test('counts neither the requester, nor an earlier revision, nor a machine', () => {
    for (const decided of [
      { reviewer: human('alice') },
      { reviewer: human('bob'), revision: 0 },
      { reviewer: human('bob'), decision: 'reject' as const },
      { reviewer: { type: 'ai-agent' as const, id: 'x' } },
    ]) {
      expect(
        passes('approval-obtained', parameters, { approvals: [approval({}, [decided])] }),
      ).toBe(false)
    }
  })

  test('looks at the newest request, and at its age', () => {
    const old = approval({ decidedAt: 0 }, [{ reviewer: human('bob') }])

    expect(
      passes('approval-obtained', parameters, {
        approvals: [approval({ status: 'rejected' }), old],
      }),
    ).toBe(false)
    expect(
      passes(
        'approval-obtained',
        { ...parameters, within: '1h' },
        { approvals: [old], now: hourMs },
      ),
    ).toBe(true)
    expect(
      passes(
        'approval-obtained',
        { ...parameters, within: '1h' },
        { approvals: [old], now: hourMs + 1 },
      ),
    ).toBe(false)
  })
})

test('cooldown waits; never is long ago, unknown is not', () => {
  const at = (lastExecutedAt: number | null | undefined): boolean =>
    passes('cooldown', { period: '1h' }, { lastExecutedAt, now: hourMs })

  expect([at(0), at(1), at(null), at(undefined)]).toEqual([true, false, true, false])
})

describe('limits reserve in the window of the attempt', () => {
  const now = 2.5 * hourMs

  test('rate-limit takes one', () => {
    expect(judge('rate-limit', { limit: 3, window: '1h' }, { now })).toEqual({
      passed: true,
      reserve: [
        {
          key: 'rate-limit:refund/pay/guard:3600000:actor:alice',
          bucket: 2,
          amount: 1,
          limit: 3,
          expiresAt: 3 * hourMs,
        },
      ],
    })
  })

  test('budget takes the amount; without a window it never resets', () => {
    const evidence = { order: { cents: 40 } }

    expect(
      judge('budget', { limit: 100, amount: '/order/cents', name: 'refunds' }, { evidence }),
    ).toEqual({
      passed: true,
      reserve: [{ key: 'budget:refunds:0:tenant:', bucket: 0, amount: 40, limit: 100 }],
    })
  })

  test.each([-1, '5', null, undefined, 101])('budget does not pass the amount %o', (cents) => {
    const evidence: JsonObject = cents === undefined ? {} : { cents }

    expect(judge('budget', { limit: 100, amount: 'cents' }, { evidence })).toMatchObject({
      passed: false,
    })
  })

  test('two counters never fall together', () => {
    const key = (name: string, id: string): string | undefined =>
      judge('rate-limit', { limit: 1, window: '1h', name }, { actor: human(id) }).reserve?.[0]?.key

    expect(key('a:3600000:actor:b', 'c')).not.toBe(key('a', 'b:3600000:actor:c'))
    expect(
      new Set(
        ['actor', 'instance', 'loop', 'tenant'].map(
          (per) => judge('rate-limit', { limit: 1, window: '1h', per }).reserve?.[0]?.key,
        ),
      ).size,
    ).toBe(4)
  })

  test('two spellings of an id share a counter', () => {
    const keys = ['bob', 'Bob', 'user:bob'].map(
      (id) =>
        judge('rate-limit', { limit: 1, window: '1h' }, { actor: human(id) }).reserve?.[0]?.key,
    )
    expect(new Set(keys).size).toBe(1)
  })

  test.each([
    ['actor', { actor: human('bob') }],
    ['instance', { instance: { ...guardInput().instance, runId: 'run-2' } }],
    ['loop', { instance: { ...guardInput().instance, loopId: 'other' } }],
  ])('every %s has a counter of its own, and a tenant has one', (per, change) => {
    const key = (scope: string, input: Partial<GuardInput> = {}): string | undefined =>
      judge('rate-limit', { limit: 1, window: '1h', name: 'all', per: scope }, input).reserve?.[0]
        ?.key

    expect(key(per, change)).not.toBe(key(per))
    expect(key('tenant', change)).toBe(key('tenant'))
  })
})

test('deadline-not-exceeded knows three kinds of deadline', () => {
  const { instance } = guardInput()
  const started = {
    ...instance,
    createdAt: 0,
    metadata: { due: '1970-01-01T01:00:00Z', dueMs: hourMs, vague: 'soon' },
  }
  const at = (now: number, parameters: JsonObject): boolean =>
    passes('deadline-not-exceeded', parameters, { now, instance: started })

  const deadlines: JsonObject[] = [
    { within: '1h' },
    { at: '1970-01-01T02:00+01:00' },
    { metadata: '/due' },
    { metadata: '/dueMs' },
  ]
  for (const parameters of deadlines) {
    expect([at(hourMs, parameters), at(hourMs + 1, parameters)]).toEqual([true, false])
  }
  expect(at(0, { metadata: '/vague' })).toBe(false)
  expect(at(0, { metadata: '/missing' })).toBe(false)
})

test.each<[JsonObject, boolean]>([
  [{ field: 'n', operator: 'equals', value: 3 }, true],
  [{ field: 'n', operator: 'equals', value: '3' }, false],
  [{ field: '/o', operator: 'equals', value: { b: 2, a: 1 } }, true],
  [{ field: 'n', operator: 'not-equals', value: 4 }, true],
  [{ field: 'missing', operator: 'not-equals', value: 4 }, false],
  [{ field: 'n', operator: 'at-most', value: 3 }, true],
  [{ field: 'n', operator: 'less-than', value: 3 }, false],
  [{ field: 'n', operator: 'at-least', value: '3' }, false],
  [{ field: 'd', operator: 'at-most', value: 3 }, false],
  [{ field: 'n', operator: 'greater-than', value: 2 }, true],
  [{ field: 's', operator: 'less-than', value: 'beta' }, true],
  [{ field: 'n', operator: 'in', value: [1, 3] }, true],
  [{ field: 'n', operator: 'not-in', value: [1, 3] }, false],
  [{ field: 'missing', operator: 'not-in', value: [1] }, false],
  [{ field: 's', operator: 'contains', value: 'lph' }, true],
  [{ field: 'l', operator: 'contains', value: 2 }, true],
  [{ field: 's', operator: 'starts-with', value: 'al' }, true],
  [{ field: 's', operator: 'ends-with', value: 'al' }, false],
  [{ field: 'l', operator: 'min-length', value: 2 }, true],
  [{ field: 's', operator: 'max-length', value: 4 }, false],
  [{ field: 'n', operator: 'max-length', value: 4 }, false],
  [{ field: 's', operator: 'max-length', value: 5 }, true],
  [{ field: 's', operator: 'min-length', value: 6 }, false],
  [{ field: 's', operator: 'min-length', value: '1' }, false],
  [{ field: 's', operator: 'max-length', value: '9' }, false],
  [{ field: 's', operator: 'ends-with', value: 'pha' }, true],
  [{ field: 's', operator: 'starts-with', value: 'pha' }, false],
  [{ field: 's', operator: 'contains', value: 'x' }, false],
  [{ field: 'l', operator: 'contains', value: 3 }, false],
  [{ field: 'l', operator: 'in', value: '1,2' }, false],
  [{ field: '/o', operator: 'equals', value: { a: 1, b: 3 } }, false],
  [{ field: '/o', operator: 'equals', value: null }, false],
  [{ field: 'n', operator: 'exists' }, true],
  [{ field: 'missing', operator: 'exists' }, false],
  [{ field: 'missing', operator: 'absent' }, true],
  [{ field: 'n', operator: 'exists', value: false }, false],
  [{ field: 'missing', operator: 'absent', value: false }, false],
  [{ field: 'n', operator: 'constructor', value: 1 }, false],
])('field-constraint %o: %o', (parameters, expected) => {
  const evidence = { n: 3, d: '3', s: 'alpha', l: [1, 2], o: { a: 1, b: 2 } }

  expect(passes('field-constraint', parameters, { evidence })).toBe(expected)
})

describe('time-window', () => {
  const office = { timeZone: 'Europe/Berlin', from: '09:00', to: '17:00', days: ['mon', 'tue'] }
  const night = { timeZone: 'UTC', from: '22:00', to: '06:00', days: ['sun'] }
  const at = (parameters: JsonObject, time: string): boolean =>
    passes('time-window', parameters, { now: Date.parse(time) })

  test.each([
    ['2026-06-15T06:59:59Z', false],
    ['2026-06-15T07:00:00Z', true],
    ['2026-06-15T14:59:59Z', true],
    ['2026-06-15T15:00:00Z', false],
    ['2026-06-17T10:00:00Z', false],
    ['2026-01-12T07:30:00Z', false],
    ['2026-01-12T08:00:00Z', true],
  ])('office hours in summer and winter: %s %o', (time, expected) => {
    expect(at(office, time)).toBe(expected)
  })

  test.each([
    ['2026-06-14T21:59:00Z', false],
    ['2026-06-14T22:00:00Z', true],
    ['2026-06-15T05:59:00Z', true],
    ['2026-06-15T06:00:00Z', false],
    ['2026-06-14T05:00:00Z', false],
    ['2026-06-15T23:00:00Z', false],
  ])('a night belongs to the day on which it begins: %s %o', (time, expected) => {
    expect(at(night, time)).toBe(expected)
  })

  test.each([
    ['2026-06-15T09:29:00Z', false],
    ['2026-06-15T09:30:00Z', true],
    ['2026-06-15T10:14:00Z', true],
    ['2026-06-15T10:15:00Z', false],
  ])('minutes count: %s %o', (time, expected) => {
    expect(at({ timeZone: 'UTC', from: '09:30', to: '10:15' }, time)).toBe(expected)
  })

  test('each day has a name', () => {
    const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
    const days = [15, 16, 17, 18, 19, 20, 21].map((day) =>
      names.filter((name) =>
        at({ timeZone: 'UTC', from: '09:00', to: '17:00', days: [name] }, `2026-06-${day}T12:00Z`),
      ),
    )
    expect(days).toEqual(names.map((name) => [name]))
  })

  test('an unknown time zone fails closed', () => {
    expect(failsClosed('time-window', { ...office, timeZone: 'Mars/Base' })).toBe(true)
  })
})

test.each([
  ['webauthn', true],
  ['oidc', true],
  ['slack', false],
  ['asserted', false],
  ['carrier-pigeon', false],
  [undefined, false],
])('assurance-at-least oidc: %s %o', (method, expected) => {
  const actor = { ...human('alice'), ...(method !== undefined && { assurance: { method } }) }

  expect(passes('assurance-at-least', { level: 'oidc' }, { actor })).toBe(expected)
})

test('the README names every guard, and the methods of assurance in their order', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const guards = [...readme.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id = '']) => id)
  const [, order = ''] = /`level`: (.+?) *\|/.exec(readme) ?? []

  expect(guards.toSorted()).toEqual([...registry.ids].toSorted())
  expect(order.split(' < ')).toEqual(assuranceMethods)
})
