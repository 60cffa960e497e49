import type { JsonObject } from '../json/json.ts'

/** A verdict as it is recorded, passed or not. */
export interface GuardResult {
  readonly id: string
  readonly use: string
  readonly severity: 'hard' | 'soft'
  readonly passed: boolean
  readonly parameters?: JsonObject
  /** `failed`, `threw`, `timed_out`, `bad_verdict`, `unknown_guard`, `limit`. Absent when it passed. */
  readonly reason?: string
  readonly message?: string
  /** Whole microseconds. */
  readonly durationUs: number
}
