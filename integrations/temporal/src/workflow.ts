export { humanGate, type GatePassage, type HumanGateOptions } from './sandbox/human-gate.ts'
export { type TokenTrust, type VerifiedDecision } from './sandbox/read-token.ts'
export { failureTypes } from './names.ts'
