/** The tenant's Merkle log of entries (RFC 6962), kept by one sequencer at a time. */
export interface LogHead {
  /** Number of leaves. */
  readonly size: number
  /** Hex; of the empty tree when size is 0. */
  readonly root: string
  /** Hashes of the complete subtrees, largest first: what appending needs. */
  readonly frontier: readonly string[]
  /** The signed checkpoint of this size, once signed. */
  readonly note: string | null
}

/** The place of one entry in the log. */
export interface LogLeaf {
  /** From 0. */
  readonly index: number
  readonly runId: string
  readonly seq: number
  /** SHA-256(0x00 ‖ body), hex. */
  readonly leafHash: string
}
