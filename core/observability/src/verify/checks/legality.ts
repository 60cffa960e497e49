import { distinctPeople, principalIds, sameParty } from '@loop-engine/actors'
import {
  isOpen,
  type Actor,
  type ApprovalPolicy,
  type LedgerEntry,
  type LoopInstance,
  type Transition,
} from '@loop-engine/core'
import type { LoopIndex } from '@loop-engine/runtime'

import { illegal, type Finding } from './fault.ts'

/** Remembers what earlier entries of a run licensed; grows with its approvals and effects. */
interface Licences {
  /** Judges an entry by what came before it, and remembers what it licenses. */
  judge(
    entry: LedgerEntry,
    hash: string,
    before: LoopInstance | null,
    loop: LoopIndex,
  ): Finding | null
}

interface Asked {
  readonly by: Actor
  readonly expiresAt: number
  /** The action of the request, or of its newest edit. */
  action: string | undefined
  viewHash: string
  votes: { readonly actor: Actor; readonly revision: number }[]
  approvedAction: string | undefined
  used: boolean
}

export function createLicences(): Licences {
  const requests = new Map<string, Asked>()
  const receipts = new Map<string, string | null>()

  function remember(entry: LedgerEntry, hash: string): void {
    const { type, approval, actor } = entry
    if (type === 'loop.transition.executed') receipts.set(hash, null)
    if (!approval) return
    if (type === 'loop.approval.requested')
      requests.set(approval.id, {
        by: actor,
        expiresAt: approval.expiresAt ?? Infinity,
        action: entry.actionDigest,
        viewHash: approval.viewHash,
        votes: [],
        approvedAction: undefined,
        used: false,
      })
    const asked = requests.get(approval.id)
    if (!asked) return
    // A decision that was refused is recorded as `refused:approve`.
    if (approval.decision === 'approve' || approval.decision === 'edit')
      asked.votes.push({ actor, revision: approval.revision })
    if (approval.decision === 'edit')
      [asked.action, asked.viewHash] = [entry.actionDigest, approval.viewHash]
    if (type === 'loop.approval.approved') asked.approvedAction = entry.actionDigest
  }

  /** Only a recorded edit may change what people are asked between the request and the decision. */
  function decisionFault({ approval, actionDigest }: LedgerEntry): Finding | null {
    const asked = requests.get(approval?.id ?? '')
    if (!asked || approval?.decision !== 'approve') return null
    return asked.action === actionDigest && asked.viewHash === approval.viewHash
      ? null
      : illegal('What was approved is not what was asked for.')
  }

  function approvalFault(entry: LedgerEntry, policy: ApprovalPolicy | undefined): Finding | null {
    const { approval } = entry
    if (!approval)
      return policy && policy.when === undefined
        ? illegal('A transition that needs approval was executed without one.')
        : null
    const asked = requests.get(approval.id)
    if (!asked || asked.approvedAction === undefined)
      return illegal('The approval that the execution rests on is not on record.')
    if (asked.used) return illegal('The approval was used before.')
    if (asked.approvedAction !== entry.actionDigest)
      return illegal('What was executed is not what was approved.')
    if (entry.at >= asked.expiresAt) return illegal('The approval had expired.')
    asked.used = true
    const voters = asked.votes
      .filter(({ revision }) => revision === approval.revision)
      .map(({ actor }) => actor)
    const needed = (policy?.stages ?? []).reduce((sum, { quorum }) => sum + quorum, 0)
    if (distinctPeople(voters) < needed || voters.some(({ type }) => type !== 'human'))
      return illegal('Fewer people approved than the policy asks for.')
    if (approval.reviewers?.some((id) => !voters.some((voter) => voter.id === id)))
      return illegal('The execution names a reviewer who did not approve.')
    const ownParty =
      policy?.fourEyes &&
      voters.some((voter) => sameParty(voter, entry.actor) || sameParty(voter, asked.by))
    if (ownParty) return illegal('Somebody of the requester’s party approved.')
    return isSame(entry.actor, asked.by)
      ? null
      : illegal('Somebody else executed than who had asked for the approval.')
  }

  function receiptFault({ receipt, effect, seq }: LedgerEntry): Finding | null {
    if (receipt === undefined) return null
    const spentBy = receipts.get(receipt)
    if (spentBy === undefined)
      return illegal('An effect began without an executed transition behind it.')
    const by = effect?.id ?? `sealed ${seq}`
    if (spentBy !== null && spentBy !== by) return illegal('A receipt was spent twice.')
    receipts.set(receipt, by)
    return null
  }

  return {
    judge(entry, hash, before, loop) {
      const fault =
        moveFault(entry, before, loop) ??
        executionFault(entry, before, loop, approvalFault) ??
        decisionFault(entry) ??
        (entry.type === 'loop.effect.started' ? receiptFault(entry) : null)
      remember(entry, hash)
      return fault
    },
  }
}

/** The fault of an entry that may not move the run at all. */
function moveFault(
  entry: LedgerEntry,
  before: LoopInstance | null,
  loop: LoopIndex,
): Finding | null {
  if (before === null) {
    return entry.toState === loop.definition.initialState
      ? null
      : illegal('The run does not begin in the initial state of its definition.')
  }
  if (entry.type !== 'loop.migrated' && entry.definition !== before.definition.digest)
    return illegal('The entry was judged under another definition than the run is pinned to.')
  const moves = entry.toState !== undefined || entry.status !== undefined
  if (!moves) return null
  if (!isOpen(before.status)) return illegal(`The run moved after it was ${before.status}.`)
  if (entry.toState === undefined) return null
  if (entry.type === 'loop.migrated')
    return loop.states.has(entry.toState)
      ? null
      : illegal('The run was migrated to a state that does not exist.')
  return entry.type === 'loop.transition.executed'
    ? null
    : illegal(`An entry of type ${entry.type} changed the state.`)
}

function executionFault(
  entry: LedgerEntry,
  before: LoopInstance | null,
  loop: LoopIndex,
  approvalFault: (entry: LedgerEntry, policy: ApprovalPolicy | undefined) => Finding | null,
): Finding | null {
  if (entry.type !== 'loop.transition.executed') return null
  const transition = loop.transitions.get(entry.transitionId ?? '')
  if (!transition || !before) return illegal('The definition has no such transition.')
  if (transition.from !== before.currentState || entry.fromState !== before.currentState)
    return illegal('The transition does not leave the state that the run was in.')
  if (transition.to !== entry.toState)
    return illegal('The transition does not lead where the run went.')
  const target = loop.states.get(transition.to)
  const status = target?.terminal ? (target.error ? 'failed' : 'completed') : undefined
  if (entry.status !== status) return illegal('The status is not the one that the new state means.')
  if (before.status !== 'active') return illegal('The run was not active.')
  if (!transition.actors.includes(entry.actor.type))
    return illegal('The transition is not for actors of this type.')
  if (!guardsPassed(entry, transition)) return illegal('A hard guard is not recorded as passed.')
  if (
    transition.effect &&
    (entry.effect?.integration !== transition.effect.integration ||
      entry.effect.action !== transition.effect.action)
  ) {
    return illegal('The entry does not order the effect of the transition.')
  }
  return approvalFault(entry, transition.approval)
}

/** Whether two actors are of one type and one chain of principals. */
function isSame(one: Actor, other: Actor): boolean {
  const named = (actor: Actor): string => JSON.stringify([actor.type, ...principalIds(actor)])
  return named(one) === named(other)
}

function guardsPassed(entry: LedgerEntry, { guards }: Transition): boolean {
  return guards.every(
    ({ id, severity }) =>
      severity !== 'hard' || entry.guards?.some((result) => result.id === id && result.passed),
  )
}
