import type { ActorType, GuardResult, JsonObject, LedgerEntry } from '@loop-engine/core'

import { labelOf, sentenceOf } from './sentence.ts'

/** One entry of a run, as `engine.history` yields it. */
export interface TimelineItem {
  readonly entry: LedgerEntry
  readonly hash: string
  readonly evidence: JsonObject | null
}

/** One entry told to a person. Text in it comes from outside: `renderTimeline` makes it safe to show. */
export interface TimelineRow {
  readonly seq: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly actor: { readonly type: ActorType; readonly id: string; readonly label: string }
  /** A sentence that names the actor. */
  readonly what: string
  readonly fromState: string | null
  readonly toState: string | null
  readonly guards: readonly Pick<GuardResult, 'id' | 'severity' | 'passed' | 'reason' | 'message'>[]
  readonly approval: {
    readonly id: string
    readonly revision: number
    readonly reviewers: readonly string[]
  } | null
  /** The first fields, shortened; `erased` when only the digest is left. */
  readonly evidence: string | null
  readonly hash: string
}

/** The story of a run, oldest first. */
export async function timelineOf(
  items: AsyncIterable<TimelineItem> | Iterable<TimelineItem>,
): Promise<readonly TimelineRow[]> {
  const rows: TimelineRow[] = []
  for await (const item of items) rows.push(rowOf(item))
  return rows
}

function rowOf({ entry, hash, evidence }: TimelineItem): TimelineRow {
  const { seq, at, actor, fromState, toState, guards = [], approval } = entry
  return {
    seq,
    at,
    actor: { type: actor.type, id: actor.id, label: labelOf(actor) },
    what: sentenceOf(entry),
    fromState: fromState ?? null,
    toState: toState ?? null,
    guards: guards.map(({ id, severity, passed, reason, message }) => ({
      id,
      severity,
      passed,
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
    })),
    approval: approval
      ? { id: approval.id, revision: approval.revision, reviewers: approval.reviewers ?? [] }
      : null,
    evidence: evidence ? summaryOf(evidence) : entry.evidence ? 'erased' : null,
    hash,
  }
}

const fields = 6
const longest = 60

function summaryOf(evidence: JsonObject): string {
  const entries = Object.entries(evidence)
  const shown = entries
    .slice(0, fields)
    .map(
      ([key, value]) =>
        `${word(shorten(key))} ${typeof value === 'string' ? phrase(shorten(value)) : shorten(JSON.stringify(value))}`,
    )
  if (entries.length > fields) shown.push(`and ${entries.length - fields} more`)
  return shown.join(', ')
}

/** In quotes where it could be taken for a name with its value. */
function word(name: string): string {
  return /^[\p{L}\p{N}_.:-]+$/u.test(name) ? name : JSON.stringify(name)
}

/** In quotes where it could be taken for the end of a value, and for the next. */
function phrase(text: string): string {
  return /[,"]/.test(text) ? JSON.stringify(text) : text
}

function shorten(text: string): string {
  return text.length <= longest
    ? text
    : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
