import { z } from 'zod'

import { exportFormat } from './format.ts'

// The lines of an export that are parsed; `format.ts` cuts the others apart.

const hex = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().min(0)

export const headerSchema = z.strictObject({
  kind: z.literal('header'),
  format: z.literal(exportFormat),
  tenant: z.string(),
  /** `tenant`: every entry of the log is here, and its root is computed again. `part`: entries carry proofs. */
  scope: z.enum(['tenant', 'part']),
  evidence: z.boolean(),
})
export type ExportHeader = z.infer<typeof headerSchema>

export const runSchema = z.strictObject({
  kind: z.literal('run'),
  runId: z.string().min(1),
  loopId: z.string(),
  aggregateId: z.string(),
  version: z.int().min(1),
  head: hex,
  /** Entries up to `through` were dropped by retention; their leaves follow, and then what is left of the run. */
  dropped: z.strictObject({ through: z.int().min(1), head: hex }).optional(),
})
export type ExportRun = z.infer<typeof runSchema>

export const droppedSchema = z.strictObject({
  kind: z.literal('dropped'),
  seq: z.int().min(1),
  leaf: count,
  leafHash: hex,
})
export type ExportDropped = z.infer<typeof droppedSchema>

export const proofSchema = z.strictObject({
  kind: z.literal('proof'),
  leaf: count,
  path: z.array(hex).max(64),
})

export const endSchema = z.strictObject({
  kind: z.literal('end'),
  /** Of the lines before this one. */
  lines: count,
  runs: count,
  entries: count,
  /** SHA-256 over the lines before this one, each with its line break. */
  digest: hex,
  size: count,
  root: hex,
  /** The signed checkpoint of `size` and `root`. */
  checkpoint: z.string().nullable(),
  /** A signed note over `digest`. */
  seal: z.string().nullable(),
})
export type ExportEnd = z.infer<typeof endSchema>
