import type {
  AdvisoryPayload,
  CodeScanningAlertPayload,
  DependabotAlertPayload,
  ItemPayload,
  RunPayload,
  VulnerabilityAlertPayload,
} from './payload-schemas.ts'
import { severityOfWord, type Severity } from './severity.ts'

/** Why a payload opens no loop. */
export type IgnoredReason =
  /** No payload of this kind is about security or an incident. */
  | 'not_security_relevant'
  /** An issue or pull request with no watched label, and no watched word in its title. */
  | 'no_match'
  /** Already fixed, dismissed, closed, withdrawn or cancelled. */
  | 'no_action_needed'
  | 'passed_run'
  | 'run_not_finished'
  /** A payload of a watched kind that lacks fields which are read, or has impossible values. */
  | 'malformed'

/** Small, flat evidence: the fields that were read, never a whole payload. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/** The part of a payload that matters. */
export interface Finding {
  /** The business key. All payloads about one matter have the same key. */
  readonly key: string
  readonly title: string
  readonly url: string
  /** `owner/name`; null for an advisory, which is about a package and not about a repository. */
  readonly repository: string | null
  /** The severity that the source itself states, if it states one. */
  readonly severityHint: Severity | null
  readonly facts: Facts
}

type Found = Finding | IgnoredReason

export function readAdvisory({ security_advisory: advisory }: AdvisoryPayload): Found {
  if (advisory.withdrawn_at) return 'no_action_needed'
  const affected = advisory.vulnerabilities
  return {
    key: `security_advisory:${advisory.ghsa_id}`,
    title: advisory.summary,
    url: `https://github.com/advisories/${advisory.ghsa_id}`,
    repository: null,
    severityHint: severityOfWord(advisory.severity),
    facts: factsOf({
      ghsa: advisory.ghsa_id,
      cve: advisory.identifiers.find(({ type }) => type === 'CVE')?.value,
      cvss: scoreOf(advisory.cvss),
      ecosystem: affected[0]?.package.ecosystem,
      package: affected[0]?.package.name,
      vulnerableRange: affected.map((each) => each.vulnerable_version_range).join(' || '),
      patchedVersion: affected
        .flatMap((each) => each.first_patched_version?.identifier ?? [])
        .join(' or '),
    }),
  }
}

export function readDependabotAlert({ alert, repository }: DependabotAlertPayload): Found {
  if (alert.state !== 'open') return 'no_action_needed'
  const { security_advisory: advisory, security_vulnerability: vulnerability } = alert
  return {
    key: `dependabot_alert:${repository.full_name}#${alert.number}`,
    title: advisory.summary,
    url: alert.html_url,
    repository: repository.full_name,
    severityHint: severityOfWord(advisory.severity),
    facts: factsOf({
      ghsa: advisory.ghsa_id,
      cve: advisory.cve_id,
      cvss: scoreOf(advisory.cvss),
      ecosystem: vulnerability.package.ecosystem,
      package: vulnerability.package.name,
      vulnerableRange: vulnerability.vulnerable_version_range,
      patchedVersion: vulnerability.first_patched_version?.identifier,
      manifest: alert.dependency.manifest_path,
      scope: alert.dependency.scope,
    }),
  }
}

/** The older of Dependabot's two kinds of alert. Some have no number, so the key holds the id. */
export function readVulnerabilityAlert(payload: VulnerabilityAlertPayload): Found {
  const { action, alert, repository } = payload
  if (action === 'dismiss' || action === 'resolve') return 'no_action_needed'
  return {
    key: `repository_vulnerability_alert:${repository.full_name}#${alert.id}`,
    title: `${alert.external_identifier} in ${alert.affected_package_name}`,
    url: alert.external_reference,
    repository: repository.full_name,
    severityHint: severityOfWord(alert.severity),
    facts: factsOf({
      ghsa: alert.ghsa_id,
      cve: alert.external_identifier,
      package: alert.affected_package_name,
      vulnerableRange: alert.affected_range,
      patchedVersion: alert.fixed_in,
    }),
  }
}

/** The key holds the rule, because three different alerts among the examples have the number 10. */
export function readCodeScanningAlert(payload: CodeScanningAlertPayload): Found {
  const { alert, ref, repository } = payload
  if (alert.state !== 'open') return 'no_action_needed'
  const { rule } = alert
  const instance = alert.most_recent_instance ?? alert.instances?.[0]
  return {
    key: `code_scanning_alert:${repository.full_name}#${alert.number}:${rule.id}`,
    title: rule.description,
    url: alert.html_url,
    repository: repository.full_name,
    severityHint: severityOfWord(rule.security_severity_level ?? rule.severity),
    facts: factsOf({
      rule: rule.id,
      tool: alert.tool.name,
      branch: ref.replace(/^refs\/heads\//, ''),
      file: instance?.location?.path,
    }),
  }
}

const unproblematic = new Map<string, IgnoredReason>([
  ['success', 'passed_run'],
  ['neutral', 'passed_run'],
  ['skipped', 'passed_run'],
  ['cancelled', 'no_action_needed'],
  ['stale', 'no_action_needed'],
])
const securityScan = /\b(codeql|security|snyk|trivy|semgrep|scorecard)\b/i

/** Judges a run by its conclusion and not by the action: a `requested` run can have failed already. */
export function readRun({ run, repository }: RunPayload, event: string): Found {
  if (!run.conclusion) return 'run_not_finished'
  const reason = unproblematic.get(run.conclusion)
  if (reason) return reason

  const name = [run.workflow_name, run.name || run.app?.name].filter(Boolean).join(' / ') || event
  const branch = run.head_branch ?? run.check_suite?.head_branch
  return {
    key: `${event}:${repository.full_name}#${run.id}`,
    title: `${name}: ${run.conclusion}`,
    url: run.html_url ?? run.url,
    repository: repository.full_name,
    severityHint: null,
    facts: factsOf({
      conclusion: run.conclusion,
      branch,
      defaultBranch: branch === repository.default_branch,
      securityScan: securityScan.test(name),
      commit: run.head_sha,
      attempt: run.run_attempt,
    }),
  }
}

const watchedLabels = ['security', 'vulnerability', 'incident', 'outage', 'bug']
const watchedWords =
  /\b(vulnerab\w*|security|CVE-\d{4}-\d+|exploit\w*|breach\w*|xss|injection|leak(?:s|ed)?|outage|incident|data loss)\b/i

export function readItem({ item, repository }: ItemPayload, event: string): Found {
  if (item.state === 'closed') return 'no_action_needed'
  const labels = item.labels.map(({ name }) => name.toLowerCase())
  const label = watchedLabels.find((each) => labels.includes(each))
  const word = watchedWords.exec(item.title)?.[0].toLowerCase()
  if (!label && !word) return 'no_match'
  return {
    key: `${event}:${repository.full_name}#${item.number}`,
    title: item.title,
    url: item.html_url,
    repository: repository.full_name,
    severityHint: null,
    facts: factsOf({ label, word }),
  }
}

/** Leaves out empty values, so that a missing fact is absent. */
function factsOf(facts: Record<string, string | number | boolean | null | undefined>): Facts {
  return Object.fromEntries(
    Object.entries(facts).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] != null && entry[1] !== '',
    ),
  )
}

/** The CVSS score; GitHub writes 0 for "not scored". */
function scoreOf(cvss: { score: number } | null | undefined): number | undefined {
  return cvss?.score || undefined
}
