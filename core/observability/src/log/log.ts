import {
  isLoopError,
  LoopError,
  systemClock,
  type Clock,
  type KnownKeys,
  type LogHead,
  type LogLeaf,
  type LoopStore,
} from '@loop-engine/core'

import { checkOptions } from '../check-options.ts'
import {
  openCheckpoint,
  originOf,
  refuseInvalid,
  signCheckpoint,
  vouchesFor,
} from './checkpoint.ts'
import { createFrontier, leafHash } from './merkle.ts'
import type { NoteSigner } from './note.ts'

export interface LogOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Without one, heads are kept but not signed. */
  readonly signer?: NoteSigner
  readonly clock?: Pick<Clock, 'now'>
}

export interface LoggedHead {
  /** Leaves. */
  readonly size: number
  /** Hex. */
  readonly root: string
  /** The signed checkpoint; keep a copy where the operator of the store cannot reach it. */
  readonly note: string | null
  /** Entries that this call put into the log. */
  readonly added: number
}

export interface TransparencyLog {
  /** Puts every committed entry into the log and signs its head. Safe to call from several processes at once. */
  checkpoint(): Promise<LoggedHead>
}

const batch = 1000
const patience = 100

const optionKeys: KnownKeys<LogOptions> = { store: true, tenant: true, signer: true, clock: true }

/** The Merkle log of a tenant's entries. */
export function createLog(options: LogOptions): TransparencyLog {
  checkOptions('createLog', options, optionKeys)
  const { store, tenant, signer, clock = systemClock } = options
  let signed: Pick<LogHead, 'size' | 'root'> | null = null

  async function sequence(): Promise<number> {
    let added = 0
    for (let lost = 0; lost < patience;) {
      const count = await appendOnce(store, tenant)
      if (count === 0) return added
      if (count === null) lost += 1
      else [added, lost] = [added + count, 0]
    }
    throw new LoopError('conflict', 'Other sequencers kept appending to the log.', {
      retryable: true,
    })
  }

  async function sign(by: NoteSigner): Promise<LogHead> {
    for (let lost = 0; lost < patience; lost++) {
      const before = signed
      // Read back: what is signed is what the store has kept, never what was only computed.
      const head = await store.logHead(tenant)
      // Another call saw a newer head meanwhile.
      if (signed !== before) continue
      const { size, root } = head
      refuseFork(head, signed)
      signed = { size, root }
      if (isSignedBy(by, tenant, head)) return head
      const at = clock.now()
      refuseInvalid(by, at)
      const origin = originOf(by.name, tenant)
      const note = await signCheckpoint({ origin, size, root, at }, by)
      if (await store.signLog(tenant, { size, root }, note)) return { ...head, note }
    }
    throw new LoopError('conflict', 'The log kept growing while its head was signed.', {
      retryable: true,
    })
  }

  return {
    async checkpoint() {
      const added = await sequence()
      const { size, root, note } = signer ? await sign(signer) : await store.logHead(tenant)
      return { size, root, note, added }
    },
  }
}

/** Appends what is not in the log yet, up to a batch; null when somebody else was faster. */
async function appendOnce(store: LoopStore, tenant: string): Promise<number | null> {
  // The head is read first: entries that another sequencer logs meanwhile make the append fail, not repeat.
  const head = await store.logHead(tenant)
  const entries = await store.unlogged(tenant, batch)
  if (entries.length === 0) return 0
  const frontier = createFrontier(head)
  if (frontier.root() !== head.root) {
    throw new LoopError('corrupt', 'The head of the log does not fit its subtrees.', {
      hint: 'Verify the store, then restore it from a copy.',
    })
  }
  const leaves = entries.map(({ runId, seq, body }, offset): LogLeaf => {
    const leaf = leafHash(body)
    frontier.append(leaf)
    return { index: head.size + offset, runId, seq, leafHash: leaf }
  })
  const next = {
    size: frontier.size,
    root: frontier.root(),
    frontier: frontier.hashes(),
    note: null,
  }
  return (await store.appendLog(tenant, { expectedSize: head.size, leaves, head: next }))
    ? leaves.length
    : null
}

/** Whether the stored note is of this head, and by this signer and not by an earlier key or somebody else. */
function isSignedBy(by: NoteSigner, tenant: string, head: LogHead): boolean {
  if (head.note === null) return false
  try {
    return vouchesFor(openCheckpoint(head.note, [by]), tenant, head)
  } catch (error) {
    if (isLoopError(error)) return false
    throw error
  }
}

/** Throws `corrupt` if the log does not continue what this process signed; `checkAgainst` knows earlier checkpoints. */
function refuseFork(head: LogHead, signed: Pick<LogHead, 'size' | 'root'> | null): void {
  if (!signed || head.size > signed.size) return
  if (head.size === signed.size && head.root === signed.root) return
  throw new LoopError('corrupt', 'The log is not the one that was signed before.', {
    details: { size: head.size, signedSize: signed.size },
    hint: 'The store was set back or rewritten; compare it with the last checkpoint.',
  })
}
