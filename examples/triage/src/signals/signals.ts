import { createHash } from 'node:crypto'

import type { z } from 'zod'

import {
  readAdvisory,
  readCodeScanningAlert,
  readDependabotAlert,
  readItem,
  readRun,
  readVulnerabilityAlert,
  type Finding,
  type IgnoredReason,
} from './findings.ts'
import {
  advisorySchema,
  checkRunSchema,
  checkSuiteSchema,
  codeScanningAlertSchema,
  dependabotAlertSchema,
  issueSchema,
  pullRequestSchema,
  vulnerabilityAlertSchema,
  workflowJobSchema,
  workflowRunSchema,
} from './payload-schemas.ts'

export interface Ignored {
  readonly kind: 'ignored'
  /** A stable code, which the summary counts. */
  readonly reason: IgnoredReason
}

/** A finding that needs a judgement. */
export interface Signal extends Finding {
  readonly kind: 'signal'
  readonly event: string
  readonly action: string
  /** SHA-256 of the finding. The same key with another digest means news of the same matter. */
  readonly digest: string
}

type Reader = (event: string, payload: unknown) => Signal | Ignored

const readers = new Map<string, Reader>([
  ['security_advisory', reader(advisorySchema, readAdvisory)],
  ['dependabot_alert', reader(dependabotAlertSchema, readDependabotAlert)],
  ['repository_vulnerability_alert', reader(vulnerabilityAlertSchema, readVulnerabilityAlert)],
  ['code_scanning_alert', reader(codeScanningAlertSchema, readCodeScanningAlert)],
  ['check_run', reader(checkRunSchema, readRun)],
  ['check_suite', reader(checkSuiteSchema, readRun)],
  ['workflow_run', reader(workflowRunSchema, readRun)],
  ['workflow_job', reader(workflowJobSchema, readRun)],
  ['issues', reader(issueSchema, readItem)],
  ['pull_request', reader(pullRequestSchema, readItem)],
])

/** The kinds of payload that can open a loop. */
export const watchedEvents: readonly string[] = [...readers.keys()]

/** Reads one payload. Never throws, whatever the payload is. */
export function toSignal(event: string, payload: unknown): Signal | Ignored {
  const read = readers.get(event)
  return read ? read(event, payload) : { kind: 'ignored', reason: 'not_security_relevant' }
}

function reader<Payload extends { action: string }>(
  schema: z.ZodType<Payload>,
  find: (payload: Payload, event: string) => Finding | IgnoredReason,
): Reader {
  return (event, payload) => {
    const parsed = schema.safeParse(payload)
    if (!parsed.success) return { kind: 'ignored', reason: 'malformed' }

    const finding = find(parsed.data, event)
    if (typeof finding === 'string') return { kind: 'ignored', reason: finding }
    return {
      kind: 'signal',
      event,
      action: parsed.data.action,
      ...finding,
      digest: digestOf(finding),
    }
  }
}

/** Equal findings have equal JSON, because their fields are always built in the same order. */
function digestOf(finding: Finding): string {
  return createHash('sha256').update(JSON.stringify(finding)).digest('hex')
}

/** Whether a signal is about a new matter, brings news of a known one, or repeats an earlier signal. */
export type Novelty = 'new' | 'changed' | 'duplicate'

/** Remembers signals, to recognise those that bring nothing new. */
export function createSignalMemory(): { recognise(signal: Signal): Novelty } {
  const known = new Map<string, Set<string>>()
  return {
    recognise({ key, digest }) {
      const digests = known.get(key)
      if (digests?.has(digest)) return 'duplicate'
      known.set(key, (digests ?? new Set()).add(digest))
      return digests ? 'changed' : 'new'
    },
  }
}
