import type { ApprovalRequest, ApprovalView } from '../model/approval.ts'

const digest = 'ab'.repeat(32)
export const noon = Date.UTC(2026, 0, 1, 12)

export const hostile =
  '</pre><script>alert(1)</script> <img src=x onerror=alert(1)> "quoted" \u202egnp.exe\u200b\u{e0041}'

/** A payment that waits for `alice` or `bob`, asked by an agent. */
export function waitingRequest(
  change: Partial<ApprovalRequest> = {},
  view: Partial<ApprovalView> = {},
): ApprovalRequest {
  return {
    id: 'request-1',
    tenant: 'default',
    loopId: 'payment',
    aggregateId: 'order-1',
    runId: 'run-1',
    transitionId: 'pay',
    requester: { type: 'ai-agent', id: 'agent:payer' },
    revision: 1,
    stateVersion: 1,
    evidence: { note: 'order 4711' },
    salt: '0'.repeat(32),
    actionDigest: digest,
    view: {
      title: 'pay on order-1',
      loop: { id: 'payment', name: 'Payment', version: '1' },
      aggregateId: 'order-1',
      transition: { id: 'pay', from: 'ASKED', to: 'PAID', risk: 'low' },
      requester: { type: 'ai-agent', id: 'agent:payer', onBehalfOf: 'owner' },
      fields: [{ path: '/note', label: 'note', value: 'order 4711', fromModel: true }],
      effect: { integration: 'bank', action: 'pay', input: { amount: 120 } },
      warnings: ['amount is unusual'],
      ifNothing: 'The request expires; the run stays in ASKED.',
      expiresAt: noon + 3_600_000,
      ...view,
    },
    viewHash: digest,
    policy: {
      stages: [{ reviewers: ['alice', 'bob'], quorum: 1 }],
      fourEyes: true,
      expiresIn: '1h',
    },
    stage: 0,
    decisions: [],
    delegations: [],
    escalated: [],
    status: 'pending',
    messages: {},
    guards: [],
    createdAt: noon,
    expiresAt: noon + 3_600_000,
    decidedAt: null,
    executedBy: null,
    ...change,
  }
}
