export { timelineOf, type TimelineItem, type TimelineRow } from './timeline/timeline.ts'
export { sentenceOf } from './timeline/sentence.ts'
export { renderTimeline, type RenderOptions } from './timeline/render-timeline.ts'
export { createFrontier, emptyRoot, leafHash, rootOf, type Frontier } from './log/merkle.ts'
export {
  createMerkleTree,
  verifyConsistency,
  verifyInclusion,
  type MerkleTree,
} from './log/merkle-proof.ts'
export { openNote, signNote, type NoteKey, type NoteSigner, type OpenedNote } from './log/note.ts'
export { createNoteSigner, generateNoteSigner, type NoteSignerOptions } from './log/note-signer.ts'
export {
  openCheckpoint,
  originOf,
  signCheckpoint,
  type Checkpoint,
  type SignedCheckpoint,
} from './log/checkpoint.ts'
export { createLog, type LoggedHead, type LogOptions, type TransparencyLog } from './log/log.ts'
export { checkAgainst, type CheckAgainstOptions, type StartCheck } from './log/start-check.ts'
export { verifyStore, type VerifyReport, type VerifyStoreOptions } from './verify/verify.ts'
export { createVerifyBatch } from './verify/verify-batch.ts'
export { retainRecords, type RetainOptions } from './log/retain.ts'
export type { VerifyFault } from './verify/checks/fault.ts'
export { metricsOf, type LoopMetrics, type MetricsOptions } from './metrics/metrics.ts'
export type { StateMetrics } from './metrics/state-metrics.ts'
export { exportRecords, type ExportOptions } from './export/export.ts'
export {
  verifyExport,
  type ExportFault,
  type ExportReport,
  type VerifyExportOptions,
} from './export/verify-export.ts'
export { readLines } from './export/lines.ts'
export { spellOut } from '@loop-engine/core'
