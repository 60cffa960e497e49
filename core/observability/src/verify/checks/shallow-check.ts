import {
  approvalsOpenedBy,
  genesisHash,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'

import { holdsText, tailOf, type EntryTail } from './entry-tail.ts'
import { finding, type Finding, type VerifyFault } from './fault.ts'
import type { RunCheck, RunCheckOptions } from './run-check.ts'
import { besideFault, linkFault, namesFault } from './stored-bytes.ts'

/** Hashes the stored bytes again and follows the links, without parsing. That reveals what somebody changed by hand. */
export function createShallowCheck(
  runId: string,
  { stored: kept = true, dropped = null, names }: RunCheckOptions,
): RunCheck {
  const place = { runId, version: dropped?.through ?? 0, head: dropped?.head ?? genesisHash }
  /** The newest entry that said so. */
  let state: Told | null = null
  let status: Told | null = null
  /** The newest entry that pinned a definition. */
  let pinned = ''
  let stateVersion = 0
  let transitions = 0
  let openApprovals = 0
  let updatedAt = 0
  let tailLength: number | undefined

  function follow({ seq, hash, at, type, body }: StoredEntry, tail: EntryTail | null): void {
    place.version = seq
    place.head = hash
    updatedAt = at
    if (type === 'loop.transition.executed') transitions += 1
    if (type.startsWith('loop.approval.')) openApprovals += approvalsOpenedBy(type)
    const movesState = tail !== null && tail.toState !== -1
    const movesStatus = tail !== null && tail.status !== -1
    if (movesState) state = { body, from: tail.toState }
    if (movesStatus) status = { body, from: tail.status }
    if (type === 'loop.started' || type === 'loop.migrated') pinned = body
    if (movesState || movesStatus || type === 'loop.migrated') stateVersion = seq
  }

  return {
    get entries() {
      return place.version
    },
    get head() {
      return place.head
    },
    add(stored) {
      const tail = tailOf(stored.body, tailLength)
      tailLength = tail?.length
      const finding =
        linkFault(stored, tail, place) ??
        (tail && stored.seq === 1 ? namesFault(stored.body, tail, names) : null) ??
        (kept && tail ? besideFault(stored, tail) : null)
      follow(stored, tail)
      return finding && { runId, seq: stored.seq, ...finding }
    },
    end(instance) {
      const at = (finding: Finding): VerifyFault => ({ runId, seq: place.version, ...finding })
      const cut = ending(instance, place)
      // The dropped entries said more about the run than can be compared now.
      if (cut || dropped) return cut && at(cut)
      const fits: Readonly<Partial<Record<keyof LoopInstance, boolean>>> = {
        currentState: says(state, instance.currentState),
        status: says(status, instance.status),
        definition: pins(pinned, instance.definition),
        stateVersion: stateVersion === instance.stateVersion,
        transitions: transitions === instance.transitions,
        openApprovals: openApprovals === instance.openApprovals,
        updatedAt: updatedAt === instance.updatedAt,
      }
      const other = Object.entries(fits).find(([, fit]) => !fit)
      return other
        ? at(finding('fold_mismatch', `The stored run has another ${other[0]} than its record.`))
        : null
    },
  }
}

interface Told {
  readonly body: string
  /** Where the value begins. */
  readonly from: number
}

function says(told: Told | null, text: string): boolean {
  return told !== null && holdsText(told.body, told.from, text)
}

function pins(body: string, definition: LoopInstance['definition']): boolean {
  // A row that was changed by hand may have none.
  const { digest } = { ...definition }
  const key = ',"definition":"'
  // The last occurrence counts: `data` before it may have such a key, and only texts follow it.
  return body.startsWith(`${digest}"`, body.lastIndexOf(key) + key.length)
}

function ending(
  instance: LoopInstance,
  { version, head }: { version: number; head: string },
): Finding | null {
  if (version < instance.version)
    return finding('truncated', `The record ends at ${version}, the run is at ${instance.version}.`)
  if (version > instance.version)
    return finding('fold_mismatch', 'The record goes on after the head of the run.')
  return head === instance.head
    ? null
    : finding('fold_mismatch', 'The head of the run is not its newest entry.')
}
