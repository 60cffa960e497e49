import type { Command } from './commands.ts'
import { evidenceBytes } from './proof-loop.ts'
import { deliverPayment, orderPayment, type ReferencePayment } from './reference-payment.ts'
import {
  isOpen,
  pendingOf,
  personOf,
  refusalOfMove,
  refusalOfReviewer,
  rules,
  statusIn,
  voteOf,
  type ReferenceRequest,
  type ReferenceRun,
} from './reference-rules.ts'

/**
 * Predicts the answers and the state of the product, in plain maps. It is written from the promises and shares no code.
 */
export interface ReferenceModel {
  /** Carries a command out in the model, and returns the answer. */
  answer(command: Command): string
  run(aggregateId: string): ReferenceRun | undefined
  payments(): { readonly paid: number; readonly calls: number }
}

type Of<Kind extends Command['do']> = Extract<Command, { readonly do: Kind }>
type Change = Of<'suspend' | 'resume' | 'cancel' | 'fail' | 'erase' | 'migrate'>

const statusAfter = {
  suspend: 'suspended',
  resume: 'active',
  cancel: 'cancelled',
  fail: 'failed',
} as const

const [minute, hour] = [60_000, 3_600_000]

export function createReferenceModel(): ReferenceModel {
  const current = new Map<string, ReferenceRun>()
  const all: ReferenceRun[] = []
  const keys = new Map<string, { asked: string; answer: string }>()
  const stops = new Set<string>()
  const payments: ReferencePayment[] = []
  let now = 0
  let deployed: ReferenceRun['definition'] = 1
  let spent = 0
  let stopEntries = 0

  const isStopped = (by: string): boolean =>
    stops.has('everything') || (by === 'agent' && stops.has('agent'))

  /** Moves a run into a state. Everything that waited in the old state ends, each with an entry of its own. */
  function enter(run: ReferenceRun, state: ReferenceRun['state'], status = statusIn[state]): void {
    run.version++
    Object.assign(run, { state, status, stateVersion: run.version })
    for (const request of pendingOf(run)) close(run, request, 'superseded')
  }

  function close(
    run: ReferenceRun,
    request: ReferenceRequest,
    as: 'expired' | 'superseded' | 'cancelled',
  ): void {
    request.status = as
    run.version++
  }

  function start({ id }: Of<'start'>): string {
    const before = current.get(id)
    if (isStopped('agent')) return 'error stopped'
    if (before && isOpen(before)) return 'error already_exists'
    const run: ReferenceRun = {
      definition: deployed,
      state: 'OPEN',
      status: 'active',
      version: 1,
      stateVersion: 1,
      requests: [],
    }
    current.set(id, run)
    all.push(run)
    return 'started at 1'
  }

  function move(run: ReferenceRun, command: Of<'move'>): string {
    const { transition, amount, by } = command
    if (amount >= evidenceBytes) return 'error too_large'
    const key = command.key > 6 ? `${by} ${command.id} ${command.key}` : ''
    const asked = `${transition} ${amount}`
    const before = keys.get(key)
    if (before) return before.asked === asked ? before.answer : 'error key_mismatch'
    const answer = judge(run, command)
    if (answer === 'executed ') enter(run, rules[transition]?.to ?? 'OPEN')
    else run.version++
    if (answer === 'executed ' && transition === 'spend') spent += amount
    if (answer === 'pending_approval ')
      run.requests.push({
        expiresAt: now + 2 * hour,
        status: 'pending',
        votes: [],
        copies: [run.version],
        erased: false,
      })
    if (key) keys.set(key, { asked, answer: `${answer} replayed at ${run.version}` })
    return `${answer} at ${run.version}`
  }

  function judge(run: ReferenceRun, { transition, by, amount }: Of<'move'>): string {
    const refusal = refusalOfMove(run, transition, by)
    if (refusal) return `rejected ${refusal}`
    if (transition === 'risky') return 'guard_failed broken'
    if (isStopped(by)) return 'rejected stopped'
    if (transition === 'spend' && spent + amount > 100) return 'rejected limit_reached'
    return transition === 'pay' ? 'pending_approval ' : 'executed '
  }

  function decide(run: ReferenceRun, { by, decision, back }: Of<'decide'>): string {
    const request = run.requests.at(-1 - back)
    if (!request) return 'nothing to decide'
    if (now >= request.expiresAt && request.status === 'pending') {
      close(run, request, 'expired')
      return 'refused expired'
    }
    const early = refusalOfRequest(request)
    if (early) return early
    const refusal = refusalOfReviewer(request, by)
    const executes = !refusal && decision === 'approve' && request.votes.length === 1
    if (executes && request.erased) return 'error refused'
    // The decision is on record, even if it is refused.
    run.version++
    if (refusal) return `refused ${refusal}`
    // The agent executes the transition, whoever approved it.
    if (isStopped(executes ? 'agent' : by)) return 'refused stopped'
    if (decision === 'respond' || decision === 'abstain') return 'recorded '
    if (decision === 'reject') {
      request.status = 'rejected'
      return 'rejected '
    }
    if (executes) {
      request.status = 'approved'
      enter(run, 'PAYING')
      payments.push(orderPayment(run, now))
      return 'executed '
    }
    // An edit counts as the approval of its editor, and earlier approvals no longer count.
    const vote = voteOf(request, by)
    request.votes = decision === 'edit' ? [vote] : [...request.votes, vote]
    if (decision === 'edit') {
      request.copies = [...request.copies, run.version]
      request.erased = false
    }
    return 'recorded '
  }

  /** Hands the vote of a reviewer on to dan. */
  function delegate(run: ReferenceRun, { by }: Of<'delegate' | 'withdraw'>): string {
    const request = run.requests.at(-1)
    if (!request) return 'nothing to decide'
    const early = refusalOfRequest(request)
    if (early) return `delegation ${early}`
    run.version++
    const refusal = refusalOfReviewer(request, by)
    if (refusal) return `delegation refused ${refusal}`
    if (isStopped(by)) return 'delegation refused stopped'
    if (by !== 'dan') request.handedOnBy = personOf(by)
    return 'delegation recorded '
  }

  function withdraw(run: ReferenceRun): string {
    const request = run.requests.at(-1)
    if (!request) return 'nothing to decide'
    if (request.status === 'pending' && now >= request.expiresAt) close(run, request, 'expired')
    if (request.status === 'pending') close(run, request, 'cancelled')
    return `withdrawn ${request.status}`
  }

  /** Why nobody can decide a request any more; undefined if it can be decided. */
  function refusalOfRequest({ status, expiresAt }: ReferenceRequest): string | undefined {
    if (status === 'pending') return now >= expiresAt ? 'refused expired' : undefined
    const isClosed = status === 'expired' || status === 'superseded'
    return isClosed ? `refused ${status}` : 'refused already_decided'
  }

  function deliver(death?: 'before' | 'after'): string {
    let delivered = 0
    for (const run of all) {
      for (const request of pendingOf(run)) {
        if (request.expiresAt > now) continue
        close(run, request, 'expired')
        delivered++
      }
    }
    const due = payments.filter(({ isOver, dueAt }) => !isOver && dueAt <= now)
    const outcomes = due.map((payment) => {
      const outcome = deliverPayment(payment, { now, isStopped: isStopped('agent'), death })
      const { run } = payment
      const next = outcome === 'paid' ? 'PAID' : outcome === 'failed' ? 'FAILED' : undefined
      if (next && run.status === 'active') enter(run, next)
      else if (run.status === 'suspended') run.held ??= next
      return outcome
    })
    return outcomes.includes('died') ? 'died' : `delivered ${delivered + due.length}`
  }

  function change(run: ReferenceRun, command: Change): string {
    const { do: what, by } = command
    const isForPeople = what === 'resume' || what === 'erase' || what === 'migrate'
    if (isForPeople && by === 'agent') return 'error refused'
    if (what === 'erase') {
      if (run.version < command.seq) return 'error not_found'
      for (const request of run.requests)
        if (request.copies.includes(command.seq)) request.erased = true
      return `erased at ${++run.version}`
    }
    if (!isOpen(run)) return 'error refused'
    if (what === 'migrate') {
      run.definition = deployed
      enter(run, run.state, run.status)
      return `migrated to ${deployed} at ${run.version}`
    }
    if (what === 'resume' && run.status !== 'suspended') return 'error refused'
    if (what === 'suspend' && run.status === 'suspended') return 'error refused'
    const status = statusAfter[what]
    enter(run, run.state, status)
    if (what !== 'resume' || !run.held) return status
    enter(run, run.held)
    return run.status
  }

  /** Sets or releases a stop. Both are entries of a run of their own, which begins with the first stop. */
  function setStop({ do: what, what: scope }: Of<'stop' | 'release'>): string {
    stopEntries += stopEntries === 0 ? 2 : 1
    if (what === 'stop') stops.add(scope)
    else stops.delete(scope)
    return what
  }

  function inbox(by: string): string {
    const open = all.flatMap(pendingOf).filter(({ expiresAt }) => expiresAt > now)
    return `may decide ${open.filter((request) => !refusalOfReviewer(request, by)).length}`
  }

  function answer(command: Command): string {
    const run = 'id' in command ? current.get(command.id) : undefined
    switch (command.do) {
      case 'start':
        return start(command)
      case 'move':
        return run ? move(run, command) : 'error not_found'
      case 'decide':
        return run ? decide(run, command) : 'nothing to decide'
      case 'delegate':
        return run ? delegate(run, command) : 'nothing to decide'
      case 'withdraw':
        return run ? withdraw(run) : 'nothing to decide'
      case 'inbox':
        return inbox(command.by)
      case 'stop':
      case 'release':
        return setStop(command)
      case 'suspend':
      case 'resume':
      case 'cancel':
      case 'fail':
      case 'erase':
      case 'migrate':
        return run ? change(run, command) : 'error not_found'
      case 'advance':
        now += command.minutes * minute
        return 'later'
      case 'relay':
        return deliver()
      case 'die':
        return deliver(command.when)
      case 'deploy':
        deployed = 2
        return 'deployed'
      case 'checkpoint':
        return `logged ${all.reduce((sum, { version }) => sum + version, stopEntries)}`
      case 'restart':
        return 'restarted'
      case 'rotate':
        now++
        return 'rotated'
    }
  }

  return {
    answer,
    run: (id) => current.get(id),
    payments: () => ({
      paid: payments.filter(({ calls }) => calls > 0).length,
      calls: payments.reduce((sum, { calls }) => sum + calls, 0),
    }),
  }
}
