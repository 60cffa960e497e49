import { type Actor, type Guard, type Integration } from '@loop-engine/core'
import { defineLoop } from '@loop-engine/sdk'
import type { EffectRun } from '@loop-engine/testing'

/** A loop with everything that the promises are about: guards, a budget, people, an effect, a timeout. */
export const proofLoop = defineLoop({
  id: 'proof.payment',
  states: [
    { id: 'OPEN' },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'FAILED', terminal: true, error: true },
    { id: 'CLOSED', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'note',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent', 'human'],
      guards: [
        {
          id: 'sure',
          use: 'field-constraint',
          with: { field: '/sure', operator: 'equals', value: true },
          severity: 'soft',
        },
      ],
    },
    {
      id: 'spend',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      guards: [{ id: 'budget', use: 'budget', with: { limit: 100, amount: '/amount' } }],
    },
    {
      id: 'risky',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      guards: [{ id: 'broken', use: 'broken' }],
    },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      approval: {
        reviewers: ['role:finance'],
        quorum: 2,
        expiresIn: '2h',
        allow: ['edit', 'respond', 'delegate'],
      },
      effect: {
        integration: 'bank',
        action: 'pay',
        input: { amount: 'evidence.amount' },
        semantics: 'idempotent',
        onSuccess: 'paid',
        onFailure: 'failed',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'failed', from: 'PAYING', to: 'FAILED', actors: ['automation'] },
    { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] },
  ],
})

/** The next version of the loop, in which agents may ask for an audit too. */
export const nextProofLoop = defineLoop({
  ...proofLoop,
  version: '2',
  transitions: [
    ...proofLoop.transitions,
    { id: 'audit', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
  ],
})

export const agent: Actor = {
  type: 'ai-agent',
  id: 'agent:payer',
  onBehalfOf: { type: 'human', id: 'olga' },
}
export const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
export const bob: Actor = { type: 'human', id: 'bob', roles: ['finance'] }
export const olga: Actor = { type: 'human', id: 'olga', roles: ['finance'] }
/** A second account of alice. */
export const aliceAgain: Actor = { type: 'human', id: 'alice@home', roles: ['finance'] }

/** A person who is no reviewer, and decides only what others hand on to him. */
export const dan: Actor = { type: 'human', id: 'dan' }

/** A secret in the evidence of attempts, which must not be stored anywhere. */
export const canary = 'sk_live_51HcanaryCANARY'
export const secrets = [/sk_live_/]
/** The limit of evidence of one attempt, in bytes. */
export const evidenceBytes = 4096

export function identityClassOf(id: string): string {
  return id === aliceAgain.id ? alice.id : id
}

/** A guard that always throws. */
export const brokenGuard: Guard = {
  contract: 'guard/v1',
  id: 'broken',
  description: 'Throws.',
  evaluate() {
    throw new Error('cannot judge')
  },
}

/** A bank that remembers every call. It pays once for each key, as an idempotent system does. */
export function createBank(
  effects: EffectRun[],
): Integration & { readonly paid: ReadonlyMap<string, unknown> } {
  const paid = new Map<string, unknown>()
  return {
    contract: 'integration/v1',
    name: 'bank',
    paid,
    actions: {
      pay: {
        input: { parse: (value) => value },
        async run(input, { idempotencyKey, receipt }) {
          effects.push({
            idempotencyKey,
            entry: receipt.entry,
            input: JSON.stringify(input),
            semantics: 'idempotent',
          })
          if (!paid.has(idempotencyKey)) paid.set(idempotencyKey, input)
          return { paid: true }
        },
      },
    },
  }
}
