export { timelineOf, type TimelineItem, type TimelineRow } from './timeline.ts'
export { renderTimeline, type RenderOptions } from './render-timeline.ts'
export { createFrontier, emptyRoot, leafHash, nodeHash, rootOf, type Frontier } from './merkle.ts'
export { createMerkleTree, verifyConsistency, verifyInclusion, type MerkleTree } from './merkle-proof.ts'
