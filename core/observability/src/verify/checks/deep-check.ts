import {
  applyEntry,
  canonicalize,
  isLoopError,
  openEntry,
  parseJson,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'
import { indexLoop, type LoopIndex } from '@loop-engine/runtime'

import { finding, type Finding } from './fault.ts'
import { createLicences } from './legality.ts'
import { createOpenEnds } from './open-ends.ts'
import type { FindDefinition, RunCheck, RunCheckOptions } from './run-check.ts'
import { createShallowCheck } from './shallow-check.ts'

/** Also parses, re-canonicalises, folds, and judges every entry by the definition that it names. */
export function createDeepCheck(
  runId: string,
  find: FindDefinition,
  options: RunCheckOptions,
): RunCheck {
  const shallow = createShallowCheck(runId, options)
  const licences = createLicences()
  const ends = createOpenEnds()
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
      return finding('not_canonical', 'The bytes are not the canonical form of what they say.')
    if (entry.evidence && stored.evidence === null) erasable.add(stored.seq)
    if (entry.type === 'loop.evidence.erased') erasable.delete(Number(entry.data?.['seq']))
    if (stored.evidence !== null && canonicalize(parseJson(stored.evidence)) !== stored.evidence)
      return finding('not_canonical', 'The evidence is not in canonical form.')
    if (folded && entry.at < folded.updatedAt)
      return finding('time_went_back', 'The entry is older than the one before it.')
    const loop = await loopOf(entry.definition)
    if (!loop)
      return finding(
        'missing_definition',
        'The definition that judged is not kept, or not under its own digest.',
      )
    ends.follow(entry)
    options.counters?.follow(entry)
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
    async end(instance) {
      const first = await shallow.end(instance)
      if (first) return first
      const [lost] = erasable
      if (lost !== undefined)
        return {
          runId,
          seq: lost,
          fault: 'evidence_mismatch',
          message: 'Evidence is gone, and its erasure is not on record.',
        }
      if (!folded) return null
      if (canonicalize(folded) === canonicalize(instance)) {
        const { beside } = options
        const loop = await loopOf(instance.definition.digest)
        return beside ? ends.missing(beside, instance, loop) : null
      }
      return {
        runId,
        seq: shallow.entries,
        fault: 'fold_mismatch',
        message: 'The stored run is not the fold of its record.',
      }
    },
  }
}

/** The errors for stored text that was changed; any other error is a failure of the store. */
const unreadable: readonly string[] = ['corrupt', 'invalid_json', 'too_large']

/** An entry that cannot even be read is a finding about that entry, not a failure of the verifier. */
function asFinding(error: unknown): Finding {
  const isUnreadable = isLoopError(error) && unreadable.includes(error.code)
  if (isUnreadable || error instanceof SyntaxError || error instanceof TypeError)
    return finding('not_canonical', 'The entry cannot be read.')
  throw error
}
