import { z } from 'zod'

// The schemas hold only the fields that are read; GitHub may add others.

const text = z.string().max(10_000)
const repository = z.object({ full_name: text, default_branch: text.optional() })
const cvss = z.object({ score: z.number().min(0).max(10) })
const patched = z.object({ identifier: text }).nullish()

const vulnerability = z.object({
  package: z.object({ ecosystem: text, name: text }),
  vulnerable_version_range: text,
  first_patched_version: patched,
})

export const advisorySchema = z.object({
  action: text,
  security_advisory: z.object({
    ghsa_id: text,
    summary: text,
    severity: text,
    withdrawn_at: text.nullish(),
    identifiers: z.array(z.object({ type: text, value: text })).max(100),
    vulnerabilities: z.array(vulnerability).min(1).max(1000),
    cvss: cvss.nullish(),
  }),
})
export type AdvisoryPayload = z.infer<typeof advisorySchema>

export const dependabotAlertSchema = z.object({
  action: text,
  repository,
  alert: z.object({
    number: z.int(),
    state: text,
    html_url: text,
    dependency: z.object({ manifest_path: text, scope: text.nullish() }),
    security_advisory: z.object({
      ghsa_id: text,
      cve_id: text.nullish(),
      summary: text,
      severity: text,
      cvss: cvss.nullish(),
    }),
    security_vulnerability: vulnerability,
  }),
})
export type DependabotAlertPayload = z.infer<typeof dependabotAlertSchema>

export const vulnerabilityAlertSchema = z.object({
  action: text,
  repository,
  alert: z.object({
    id: z.int(),
    ghsa_id: text,
    severity: text,
    external_identifier: text,
    external_reference: text,
    affected_package_name: text,
    affected_range: text,
    fixed_in: text.nullish(),
  }),
})
export type VulnerabilityAlertPayload = z.infer<typeof vulnerabilityAlertSchema>

export const codeScanningAlertSchema = z.object({
  action: text,
  repository,
  ref: text,
  alert: z.object({
    number: z.int(),
    state: text,
    html_url: text,
    rule: z.object({
      id: text,
      severity: text.nullish(),
      security_severity_level: text.nullish(),
      description: text,
    }),
    tool: z.object({ name: text }),
    most_recent_instance: z.object({ location: z.object({ path: text }).nullish() }).nullish(),
    instances: z.array(z.object({ location: z.object({ path: text }).nullish() })).optional(),
  }),
})
export type CodeScanningAlertPayload = z.infer<typeof codeScanningAlertSchema>

/** An unknown conclusion makes the payload malformed, so that it is noticed and not taken for a pass. */
const conclusion = z.enum([
  'success',
  'neutral',
  'skipped',
  'cancelled',
  'stale',
  'failure',
  'timed_out',
  'startup_failure',
  'action_required',
])

/** The fields that check runs, check suites, workflow runs and workflow jobs have in common. */
const run = z.object({
  id: z.int(),
  name: text.nullish(),
  workflow_name: text.nullish(),
  app: z.object({ name: text }).nullish(),
  conclusion: conclusion.nullish(),
  head_branch: text.nullish(),
  head_sha: text,
  check_suite: z.object({ head_branch: text.nullish() }).nullish(),
  run_attempt: z.int().nullish(),
  html_url: text.nullish(),
  url: text,
})
const envelope = { action: text, repository }
export type RunPayload = z.infer<z.ZodObject<typeof envelope & { run: typeof run }>>

export const checkRunSchema = z
  .object({ ...envelope, check_run: run })
  .transform(({ check_run, ...rest }) => ({ ...rest, run: check_run }))
export const checkSuiteSchema = z
  .object({ ...envelope, check_suite: run })
  .transform(({ check_suite, ...rest }) => ({ ...rest, run: check_suite }))
export const workflowRunSchema = z
  .object({ ...envelope, workflow_run: run })
  .transform(({ workflow_run, ...rest }) => ({ ...rest, run: workflow_run }))
export const workflowJobSchema = z
  .object({ ...envelope, workflow_job: run })
  .transform(({ workflow_job, ...rest }) => ({ ...rest, run: workflow_job }))

/** Pinned and unpinned issues come without state and labels. */
const item = z.object({
  number: z.int(),
  title: text,
  html_url: text,
  state: text.optional(),
  labels: z
    .array(z.object({ name: text }))
    .max(1000)
    .default([]),
})
export type ItemPayload = z.infer<z.ZodObject<typeof envelope & { item: typeof item }>>

export const issueSchema = z
  .object({ ...envelope, issue: item })
  .transform(({ issue, ...rest }) => ({ ...rest, item: issue }))
export const pullRequestSchema = z
  .object({ ...envelope, pull_request: item })
  .transform(({ pull_request, ...rest }) => ({ ...rest, item: pull_request }))
