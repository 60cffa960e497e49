import {
  applyEntry,
  canonicalize,
  genesisHash,
  isLoopError,
  openEntry,
  type LoopDefinition,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'
import { indexLoop, type LoopIndex } from '@loop-engine/runtime'

import type { Finding, VerifyFault } from './fault.ts'
import { createLicences } from './legality.ts'
import { besideFault, linkFault, tailField, tailOf } from './stored-bytes.ts'

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
  end(instance: LoopInstance | null): VerifyFault | null
}

export interface RunCheckOptions {
  /** Whether the entries come from a store, with columns and evidence beside their bodies. */
  readonly stored?: boolean
}

/** Re-hashes and follows the links, without parsing: what an operator changed by hand shows up. */
export function createRunCheck(
  runId: string,
  { stored: kept = true }: RunCheckOptions = {},
): RunCheck {
  const place = { runId, version: 0, head: genesisHash }
  let stateBody: string | null = null
  let statusBody: string | null = null
  let stateVersion = 0
  let transitions = 0
  let openApprovals = 0
  let updatedAt = 0
  let tailLength: number | undefined

  function follow(stored: StoredEntry, tail: number): void {
    place.version = stored.seq
    place.head = stored.hash
    updatedAt = stored.at
    if (stored.type === 'loop.transition.executed') transitions += 1
    if (stored.type.startsWith('loop.approval.')) openApprovals += opened[stored.type] ?? 0
    const movesState = stored.body.includes('"toState":"', tail)
    const movesStatus = stored.body.includes('"status":"', tail)
    if (movesState) stateBody = stored.body
    if (movesStatus) statusBody = stored.body
    if (movesState || movesStatus || stored.type === 'loop.migrated') stateVersion = stored.seq
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
      tailLength = stored.body.length - tail
      const finding = linkFault(stored, tail, place) ?? (kept ? besideFault(stored, tail) : null)
      follow(stored, tail)
      return finding && { runId, seq: stored.seq, ...finding }
    },
    end(instance) {
      if (!instance) return null
      const at = (finding: Finding): VerifyFault => ({ runId, seq: place.version, ...finding })
      const cut = ending(instance, place)
      if (cut) return at(cut)
      const recorded = {
        currentState: stateBody && tailField(stateBody, 'toState'),
        status: statusBody && tailField(statusBody, 'status'),
        stateVersion,
        transitions,
        openApprovals,
        updatedAt,
      }
      const differs = Object.entries(recorded).find(
        ([field, value]) => instance[field as keyof typeof recorded] !== value,
      )
      return differs
        ? at({
            fault: 'fold_mismatch',
            message: `The stored run has another ${differs[0]} than its record.`,
          })
        : null
    },
  }
}

const opened: Readonly<Partial<Record<StoredEntry['type'], number>>> = {
  'loop.approval.requested': 1,
  'loop.approval.approved': -1,
  'loop.approval.rejected': -1,
  'loop.approval.expired': -1,
  'loop.approval.superseded': -1,
}

/** Also parses, re-canonicalises, folds, and judges every entry by the definition that it names. */
export function createDeepCheck(
  runId: string,
  find: FindDefinition,
  options: RunCheckOptions = {},
): RunCheck {
  const shallow = createRunCheck(runId, options)
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
      if (lost !== undefined && instance)
        return {
          runId,
          seq: lost,
          fault: 'evidence_mismatch',
          message: 'Evidence is gone, and its erasure is not on record.',
        }
      if (!instance || !folded || canonicalize(folded) === canonicalize(instance)) return null
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
