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
  /** The codes are stable; a report counts them. */
  readonly reason: IgnoredReason
}

/** Something that somebody, or something, must judge. */
export interface Signal extends Finding {
  readonly kind: 'signal'
  readonly event: string
  readonly action: string
  /** SHA-256 of the finding: the same key with another digest is news of the same matter. */
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

/** Reads one payload. Whatever it is given, it answers and never throws. */
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

/** Findings are built field by field in one order, so equal ones have equal JSON. */
function digestOf(finding: Finding): string {
  return createHash('sha256').update(JSON.stringify(finding)).digest('hex')
}

/** Whether a signal opens a matter, changes what is known of it, or repeats it. */
export type Novelty = 'new' | 'changed' | 'duplicate'

/** Remembers the signals it was shown, to recognise those that say nothing new. */
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
