import type { ApprovalRequest, ApprovalView } from '@loop-engine/core'
import { approvalRequest, startPlan } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createTriggerEvent } from './alert.ts'
import { dataText } from './visible-text.ts'

const request = approvalRequest(startPlan().instance)
const routingKey = 'R'.repeat(32)
interface Sent {
  dedup_key: string
  payload: {
    summary: string
    severity: string
    source: string
    custom_details: Record<string, unknown>
  }
  links?: { href: string }[]
}

function alertOf(
  view: Partial<ApprovalView> = {},
  change: Partial<ApprovalRequest> = {},
  rest: { code?: string; link?: string } = { code: '7Q2M-XK4D' },
): Sent {
  const whole = { ...request, ...change, view: { ...request.view, ...view } }
  const event = createTriggerEvent({ request: whole, routingKey, reference: 'ref', ...rest })
  return JSON.parse(JSON.stringify(event)) as Sent
}
const transition = (risk?: string): ApprovalView['transition'] => ({
  ...request.view.transition,
  ...(risk && { risk }),
})

describe('an alert', () => {
  test.each([
    ['low', 'info'],
    ['medium', 'warning'],
    ['high', 'error'],
    ['critical', 'critical'],
    [undefined, 'warning'],
    ['of tomorrow', 'warning'],
  ])('of risk %s has the severity %s', (risk, severity) => {
    expect(alertOf({ transition: transition(risk) }).payload.severity).toBe(severity)
  })

  test('has one key for one revision, and another for the next', () => {
    expect(alertOf().dedup_key).toBe(alertOf({ warnings: ['changed'] }).dedup_key)
    expect(alertOf().dedup_key).not.toBe(alertOf({}, { revision: 2 }).dedup_key)
    expect(alertOf().dedup_key).not.toBe(alertOf({}, { tenant: 'other' }).dedup_key)
    expect(alertOf({}, { id: 'x'.repeat(256) }).dedup_key.length).toBeLessThanOrEqual(255)
  })

  test('names everybody who may decide, also by escalation or delegation', () => {
    const delegations = [{ from: 'alice', to: 'carol', stage: 0, at: 1 }]
    const { payload } = alertOf({}, { escalated: ['olga'], delegations })
    expect(payload.custom_details['who_may_decide']).toMatch(/, olga, carol$/)
  })

  test('says how many have to approve at this stage', () => {
    const { policy } = request
    const stages = [...policy.stages, { reviewers: ['olga'], quorum: 3 }]
    const { payload } = alertOf({}, { policy: { ...policy, stages }, stage: 1 })
    expect(payload.custom_details['approvals_needed']).toMatch(/^3/)
  })

  test('stays within what PagerDuty takes, whatever the view holds, and marks what is missing', () => {
    const long = '\u{1f6d1}<'.repeat(50_000)
    const fields = Array.from({ length: 300 }, (_, index) => ({
      path: `/${index}`,
      label: long,
      value: long,
      fromModel: true,
    }))
    const sent = alertOf({
      aggregateId: long,
      transition: { ...transition('high'), id: long, description: long },
      fields,
      warnings: Array.from({ length: 100 }, () => long),
      effect: { integration: long, action: long, input: long },
      ifNothing: long,
    })

    expect(sent.payload.summary.length).toBeLessThanOrEqual(1024)
    expect(sent.payload.summary.isWellFormed()).toBe(true)
    expect(sent.payload.source.length).toBeLessThanOrEqual(255)
    expect(Buffer.byteLength(JSON.stringify(sent))).toBeLessThan(512_000)
    expect(JSON.stringify(sent)).toMatch(/\d+ of 300 fields are not shown here/)
    expect(JSON.stringify(sent)).toContain('…[cut, ')
  })

  test('shows the evidence as JSON of the same value, with nothing hidden in it', () => {
    const value = { note: 'a<b>\u202eRTL \u{e0041}\u{e0141}\u2800 "quoted"', list: [1, null, true] }
    const fields = [{ path: '/note', label: 'Note', value, fromModel: true }]
    const { evidence } = alertOf({ fields }).payload.custom_details as {
      evidence: Record<string, string>
    }

    const [[name, text] = ['', '']] = Object.entries(evidence)
    expect(name).toBe('Note (/note, written by a model)')
    expect(JSON.parse(text)).toEqual(value)
    expect(text).not.toMatch(/[<>\u202e\u2800]|\u{e0041}|\u{e0141}/u)
  })

  test('a field called __proto__ is shown like any other', () => {
    const fields = [{ path: '/__proto__', label: '__proto__', value: 1, fromModel: false }]
    expect(JSON.stringify(alertOf({ fields }))).toContain('__proto__ (/__proto__)')
  })

  test('says how to decide: by note, on the page, or both', () => {
    const ways = (sent: Sent): string =>
      JSON.stringify(sent.payload.custom_details['how_to_decide'])
    const link = 'https://loops.example/decide?link=x'

    expect(ways(alertOf())).toContain('approve 7Q2M-XK4D')
    expect(alertOf().links).toBeUndefined()
    const both = alertOf({}, {}, { code: '7Q2M-XK4D', link })
    expect(ways(both)).toContain('approve 7Q2M-XK4D')
    expect(both.links).toEqual([{ href: link, text: expect.any(String) }])
    const strict = alertOf({}, {}, { link })
    expect(ways(strict)).not.toMatch(/approve|reject/)
    expect(strict.links).toHaveLength(1)
  })

  test('offers no approval by note where a note does not suffice, and still a way to say no', () => {
    const policy = { ...request.policy, assurance: 'oidc' as const }
    const ways = JSON.stringify(alertOf({}, { policy }).payload.custom_details['how_to_decide'])

    expect(ways).not.toContain('approve 7Q2M')
    expect(ways).toContain('use another channel')
    expect(ways).toContain('reject 7Q2M-XK4D')
  })
})

test('text that is cut is cut at a character and says so', () => {
  const text = dataText('\u{1f6d1}'.repeat(100), 52)

  expect(text.length).toBeLessThanOrEqual(52)
  expect(text.isWellFormed()).toBe(true)
  expect(text).toMatch(/…\[cut, 202 characters\]$/)
})
