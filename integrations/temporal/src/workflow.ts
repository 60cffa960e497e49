export { humanGate, type GatePassage, type HumanGateOptions } from './human-gate.ts'
export { type TokenTrust, type VerifiedDecision } from './read-token.ts'
export { failureTypes } from './names.ts'
