import {
  applyEntry,
  canonicalize,
  genesisHash,
  isLoopError,
  openEntry,
  type DroppedEntries,
  type LoopDefinition,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'
import { indexLoop, type LoopIndex } from '@loop-engine/runtime'

import { holdsText, tailOf, type EntryTail } from './entry-tail.ts'
import type { Finding, VerifyFault } from './fault.ts'
import { createLicences } from './legality.ts'
import { besideFault, linkFault, namesFault, type Names } from './stored-bytes.ts'

/** Finds a definition by its digest; null when nobody has it. */
export type FindDefinition = (
  digest: string,
) => LoopDefinition | null | Promise<LoopDefinition | null>

/** Follows one run from its first entry. */
export interface RunCheck {
  readonly entries: number
  /** Hash of the newest entry. */
  readonly head: string
  /** Checks the next entry, in order. */
  add(stored: StoredEntry): VerifyFault | null | Promise<VerifyFault | null>
  /** Compares the run as it is stored with the run as it was recorded. */
  end(instance: LoopInstance): VerifyFault | null
}

export interface RunCheckOptions {
  /** Whether the entries come from a store, with columns and evidence beside their bodies. */
  readonly stored?: boolean
  /** Entries that were dropped, whose proofs were kept: the record goes on behind them. */
  readonly dropped?: Pick<DroppedEntries, 'through' | 'head'> | null
  /** Whose the run is said to be: its first entry has to agree. */
  readonly names?: Names
}

/** Goes deep where there are definitions to judge by. */
export function createRunCheck(
  runId: string,
  find: FindDefinition | undefined,
  options: RunCheckOptions,
): RunCheck {
  // What follows dropped entries cannot be folded, nor judged by what they licensed.
  return find && !options.dropped
    ? createDeepCheck(runId, find, options)
    : createShallowCheck(runId, options)
}

/** Re-hashes and follows the links, without parsing: what an operator changed by hand shows up. */
function createShallowCheck(
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
    if (type.startsWith('loop.approval.')) openApprovals += opened[type] ?? 0
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
        (names && tail && stored.seq === 1 ? namesFault(stored.body, tail, names) : null) ??
        (kept && tail ? besideFault(stored, tail) : null)
      follow(stored, tail)
      return finding && { runId, seq: stored.seq, ...finding }
    },
    end(instance) {
      const at = (finding: Finding): VerifyFault => ({ runId, seq: place.version, ...finding })
      const cut = ending(instance, place)
      // What the dropped entries said of the run is not known any more.
      if (cut || dropped) return cut && at(cut)
      const { currentState, status: stored, definition, ...counted } = instance
      const recorded = { stateVersion, transitions, openApprovals, updatedAt }
      const differs = !says(state, currentState)
        ? 'currentState'
        : !says(status, stored)
          ? 'status'
          : !pins(pinned, definition)
            ? 'definition'
            : Object.entries(recorded).find(
                ([field, value]) => counted[field as keyof typeof recorded] !== value,
              )?.[0]
      if (differs === undefined) return null
      return at({
        fault: 'fold_mismatch',
        message: `The stored run has another ${differs} than its record.`,
      })
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
  // Only texts follow it in such an entry; before it stands data, which may have such a key.
  return body.startsWith(`${digest}"`, body.lastIndexOf(key) + key.length)
}

const opened: Readonly<Partial<Record<StoredEntry['type'], number>>> = {
  'loop.approval.requested': 1,
  'loop.approval.approved': -1,
  'loop.approval.rejected': -1,
  'loop.approval.expired': -1,
  'loop.approval.superseded': -1,
}

/** Also parses, re-canonicalises, folds, and judges every entry by the definition that it names. */
function createDeepCheck(runId: string, find: FindDefinition, options: RunCheckOptions): RunCheck {
  const shallow = createShallowCheck(runId, options)
  const licences = createLicences()
  const loops = new Map<string, LoopIndex | null>()
  const erasable = new Set<number>()
  let folded: LoopInstance | null = null

  async function loopOf(digest: string): Promise<LoopIndex | null> {
    const known = loops.get(digest)
    if (known !== undefined) return known
    const definition = await find(digest)
    const loop = definition && indexLoop(definition, digest)
    loops.set(digest, loop)
    return loop
  }

  async function deep(stored: StoredEntry): Promise<Finding | null> {
    const entry = openEntry(stored)
    if (canonicalize(entry) !== stored.body)
      return {
        fault: 'not_canonical',
        message: 'The bytes are not the canonical form of what they say.',
      }
    if (entry.evidence && stored.evidence === null) erasable.add(stored.seq)
    if (entry.type === 'loop.evidence.erased') erasable.delete(Number(entry.data?.['seq']))
    if (stored.evidence !== null && canonicalize(JSON.parse(stored.evidence)) !== stored.evidence)
      return { fault: 'not_canonical', message: 'The evidence is not in canonical form.' }
    if (folded && entry.at < folded.updatedAt)
      return { fault: 'time_went_back', message: 'The entry is older than the one before it.' }
    const loop = await loopOf(entry.definition)
    if (!loop)
      return {
        fault: 'missing_definition',
        message: 'The definition that judged is not kept, or not under its own digest.',
      }
    const fault = licences.judge(entry, stored.hash, folded, loop)
    folded = applyEntry(folded, entry, stored)
    return fault
  }

  return {
    get entries() {
      return shallow.entries
    },
    get head() {
      return shallow.head
    },
    async add(stored) {
      const first = await shallow.add(stored)
      if (first) return first
      const finding = await deep(stored).catch(asFinding)
      return finding && { runId, seq: stored.seq, ...finding }
    },
    end(instance) {
      const first = shallow.end(instance)
      if (first) return first
      const [lost] = erasable
      if (lost !== undefined)
        return {
          runId,
          seq: lost,
          fault: 'evidence_mismatch',
          message: 'Evidence is gone, and its erasure is not on record.',
        }
      if (!folded || canonicalize(folded) === canonicalize(instance)) return null
      return {
        runId,
        seq: shallow.entries,
        fault: 'fold_mismatch',
        message: 'The stored run is not the fold of its record.',
      }
    },
  }
}

function ending(
  instance: LoopInstance,
  { version, head }: { version: number; head: string },
): Finding | null {
  if (version < instance.version)
    return {
      fault: 'truncated',
      message: `The record ends at ${version}, the run is at ${instance.version}.`,
    }
  if (version > instance.version)
    return { fault: 'fold_mismatch', message: 'The record goes on after the head of the run.' }
  return head === instance.head
    ? null
    : { fault: 'fold_mismatch', message: 'The head of the run is not its newest entry.' }
}

/** An entry that cannot even be read is a finding about that entry, not a failure of the verifier. */
function asFinding(error: unknown): Finding {
  if (isLoopError(error) || error instanceof SyntaxError || error instanceof TypeError)
    return { fault: 'not_canonical', message: 'The entry cannot be read.' }
  throw error
}
