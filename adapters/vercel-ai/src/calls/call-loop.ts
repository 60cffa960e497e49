import { sha256Hex, type LoopDefinition, type Transition } from '@loop-engine/core'
import { defineLoop } from '@loop-engine/sdk'

import { invalidPolicy, type ToolPolicy } from './tool-policy.ts'

/** Where a call stands. A loop may give its states other names. */
type CallPhase =
  | 'requested'
  | 'executing'
  | 'executed'
  | 'failed'
  | 'denied'
  | 'expired'
  | 'unknown'

export interface CallLoop {
  readonly definition: LoopDefinition
  /** Whether the loop has this transition; some are optional. */
  has(transitionId: string): boolean
  phaseOf(state: string): CallPhase | undefined
}

/** The phase that each transition leads to. `execute` leads from `requested` to `executing`. */
const leadsTo: Readonly<Record<string, CallPhase>> = {
  execute: 'executing',
  succeed: 'executed',
  fail: 'failed',
  lose: 'unknown',
  deny: 'denied',
  withdraw: 'denied',
  expire: 'expired',
  lapse: 'expired',
}
const required = ['execute', 'succeed', 'fail', 'lose', 'deny'] as const
const anybody = ['ai-agent', 'human', 'automation', 'system'] as const

/**
 * The loop for the calls of a tool: `REQUESTED → [APPROVAL] → EXECUTING → EXECUTED | FAILED | DENIED | EXPIRED |
 * UNKNOWN`, or the policy's own loop. Throws `invalid_config` if that loop lacks a required transition.
 */
export function callLoop(
  tool: string,
  policy: ToolPolicy,
  { namespace, shadow }: { readonly namespace: string; readonly shadow: boolean },
): CallLoop {
  const own = policy.loop ?? defaultLoop(loopIdOf(namespace, tool), tool, policy)
  const definition = shadow ? shadowOf(own) : own
  const transitions = new Map(definition.transitions.map((each) => [each.id, each]))
  const missing = required.filter((id) => !transitions.has(id))
  if (missing.length > 0)
    throw invalidPolicy(tool, 'loop', `has a loop without the transitions ${missing.join(', ')}.`)

  const phases = new Map<string, CallPhase>()
  for (const [id, phase] of Object.entries(leadsTo)) {
    const to = transitions.get(id)?.to
    if (to !== undefined && !phases.has(to)) phases.set(to, phase)
  }
  phases.set(transitions.get('execute')?.from ?? '', 'requested')
  return {
    definition,
    has: (id) => transitions.has(id),
    phaseOf: (state) => phases.get(state),
  }
}

function defaultLoop(id: string, tool: string, policy: ToolPolicy): LoopDefinition {
  const { approval, guards = [], risk } = policy
  return defineLoop({
    id,
    name: tool,
    tags: ['tool-call'],
    states: [
      'REQUESTED',
      'EXECUTING',
      { id: 'EXECUTED', terminal: true },
      { id: 'FAILED', terminal: true, error: true },
      { id: 'DENIED', terminal: true },
      { id: 'EXPIRED', terminal: true },
      { id: 'UNKNOWN', terminal: true, error: true },
    ],
    initialState: 'REQUESTED',
    transitions: [
      {
        id: 'execute',
        from: 'REQUESTED',
        to: 'EXECUTING',
        description: `Run the tool ${tool} with this input.`,
        actors: [...anybody],
        guards,
        ...(risk && { risk }),
        ...(approval && { approval: { onReject: 'deny', onExpiry: 'expire', ...approval } }),
      },
      { id: 'deny', from: 'REQUESTED', to: 'DENIED', actors: ['automation', 'system'] },
      { id: 'withdraw', from: 'REQUESTED', to: 'DENIED', actors: [...anybody] },
      { id: 'expire', from: 'REQUESTED', to: 'EXPIRED', actors: ['system'] },
      ...(policy.idempotent
        ? [{ id: 'retry', from: 'EXECUTING', to: 'EXECUTING', actors: ['automation' as const] }]
        : []),
      { id: 'lapse', from: 'EXECUTING', to: 'EXPIRED', actors: ['automation'] },
      { id: 'succeed', from: 'EXECUTING', to: 'EXECUTED', actors: ['automation'] },
      { id: 'fail', from: 'EXECUTING', to: 'FAILED', actors: ['automation'] },
      { id: 'lose', from: 'EXECUTING', to: 'UNKNOWN', actors: ['automation'] },
    ],
  })
}

/** The loop for shadow mode: it records every objection, and lets every call pass. */
function shadowOf(definition: LoopDefinition): LoopDefinition {
  return {
    ...definition,
    id: `shadow:${definition.id}`,
    tags: [...(definition.tags ?? []), 'shadow'],
    transitions: definition.transitions.map(permitting),
  }
}

function permitting({ approval, ...transition }: Transition): Transition {
  const guards = transition.guards.map((guard) => ({ ...guard, severity: 'soft' as const }))
  if (!approval) return { ...transition, guards }
  const reviewers = approval.stages.flatMap((stage) => stage.reviewers).join(', ')
  return {
    ...transition,
    guards: [
      ...guards,
      {
        id: 'approval',
        when: approval.when === undefined ? 'false' : `!(${approval.when})`,
        severity: 'soft',
        evaluatedBy: 'runtime',
        message: `Approval by ${reviewers} would have been asked for.`,
      },
    ],
  }
}

/** A tool's name may have characters that an id may not have, or be too long for one. */
function loopIdOf(namespace: string, tool: string): string {
  const id = `${namespace}:${tool}`
  if (id.length <= 110 && /^[A-Za-z0-9_][A-Za-z0-9_.:\-/]*$/.test(id)) return id
  return `${id.replaceAll(/[^A-Za-z0-9_.-]/g, '_').slice(0, 90)}-${sha256Hex(id).slice(0, 12)}`
}
