export { timelineOf, type TimelineItem, type TimelineRow } from './timeline.ts'
export { sentenceOf } from './sentence.ts'
export { renderTimeline, type RenderOptions } from './render-timeline.ts'
export { createFrontier, emptyRoot, leafHash, nodeHash, rootOf, type Frontier } from './merkle.ts'
export {
  createMerkleTree,
  verifyConsistency,
  verifyInclusion,
  type MerkleTree,
} from './merkle-proof.ts'
export { openNote, signNote, type NoteKey, type NoteSigner, type OpenedNote } from './note.ts'
export { createSigner, generateSigner, type SignerOptions } from './signer.ts'
export { openCheckpoint, originOf, signCheckpoint, type Checkpoint } from './checkpoint.ts'
export { createLog, type LoggedHead, type LogOptions, type TransparencyLog } from './log.ts'
export { checkAgainst, type StartCheck } from './start-check.ts'
export { verifyStore, type VerifyStoreOptions } from './verify.ts'
export { createVerifyBatch } from './verify-batch.ts'
export { verifyRun, type VerifyReport, type VerifyRunOptions } from './verify-run.ts'
export { retainRecords, type RetainOptions } from './retain.ts'
export type { VerifyFault } from './fault.ts'
export type { FindDefinition } from './run-check.ts'
export { metricsOf, type LoopMetrics } from './metrics.ts'
export type { StateMetrics } from './state-metrics.ts'
export { exportRecords, type ExportOptions } from './export.ts'
export {
  verifyExport,
  type ExportFault,
  type ExportReport,
  type VerifyExportOptions,
} from './verify-export.ts'
export { readLines } from './lines.ts'
export { makeVisible } from '@loop-engine/core'
