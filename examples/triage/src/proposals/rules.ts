import type { Facts } from '../signals/findings.ts'
import { severityOfCvss, worse, type Severity } from '../signals/severity.ts'
import type { Signal } from '../signals/signals.ts'

export const remediations = [
  'open_ticket',
  'upgrade_dependency',
  'fix_code',
  'rotate_secret',
  'dismiss',
] as const
type Remediation = (typeof remediations)[number]

/** A proposal and its confidence. A model's answer has the same shape. */
export interface Proposal {
  /** Who proposes; `rules` is this file, without any model. */
  readonly provider: string
  readonly severity: Severity
  readonly remediation: Remediation
  readonly title: string
  readonly rationale: string
  /** From 0 to 1. */
  readonly confidence: number
  /** What carrying out the remediation may break. */
  readonly risk: Severity
}

/** What the rules say about a signal, before doubts lower the confidence. */
interface Judgement {
  readonly severity: Severity
  readonly remediation: Remediation
  readonly because: string
  readonly doubts: readonly Doubt[]
}

/** The confidence that each source deserves, in percent. */
const certainty: Record<string, { readonly percent: number; readonly because: string }> = {
  dependabot_alert: { percent: 95, because: 'the package stands in a manifest of the repository' },
  repository_vulnerability_alert: { percent: 90, because: 'the repository uses the package' },
  check_run: { percent: 85, because: 'the run did fail, only its cause is open' },
  check_suite: { percent: 85, because: 'the suite did fail, only its cause is open' },
  workflow_run: { percent: 85, because: 'the run did fail, only its cause is open' },
  workflow_job: { percent: 85, because: 'the job did fail, only its cause is open' },
  code_scanning_alert: { percent: 80, because: 'static analysis also reports what is harmless' },
  issues: { percent: 75, because: 'a person chose the label' },
  pull_request: { percent: 75, because: 'a person chose the label' },
  security_advisory: { percent: 60, because: 'it is not known who uses the package' },
}

interface Doubt {
  readonly percent: number
  readonly because: string
}
const unstated: Doubt = { percent: 20, because: 'the source states no severity' }
const contradiction: Doubt = { percent: 5, because: 'the stated severity and the score differ' }
const wordOnly: Doubt = { percent: 15, because: 'only a word of the title matched' }

const riskOf: Record<Remediation, Severity> = {
  open_ticket: 'low',
  dismiss: 'low',
  // A newer version may behave differently.
  upgrade_dependency: 'medium',
  fix_code: 'medium',
  // Anything that still uses the old secret stops working.
  rotate_secret: 'high',
}

/** Proposes a severity and a remediation by fixed rules. The same signal always gets the same proposal. */
export function propose(signal: Signal): Proposal {
  const { severity, remediation, because, doubts } = judge(signal)
  const source = certainty[signal.event] ?? { percent: 50, because: 'no rule knows the source' }
  const percent = source.percent - doubts.reduce((sum, doubt) => sum + doubt.percent, 0)
  const reasons = [source, ...doubts.map((doubt) => ({ ...doubt, percent: -doubt.percent }))]
  return {
    provider: 'rules',
    severity,
    remediation,
    title: titleOf(signal, remediation),
    rationale: [
      `Severity ${severity}: ${because}.`,
      `Confidence ${percent} %: ${reasons.map((each) => `${each.percent} because ${each.because}`).join(', ')}.`,
    ].join(' '),
    confidence: percent / 100,
    risk: riskOf[remediation],
  }
}

function judge(signal: Signal): Judgement {
  switch (signal.event) {
    case 'security_advisory':
    case 'dependabot_alert':
    case 'repository_vulnerability_alert':
      return judgePackage(signal)
    case 'code_scanning_alert':
      return judgeCode(signal)
    case 'issues':
    case 'pull_request':
      return judgeReport(signal.facts)
    default:
      return judgeRun(signal.facts)
  }
}

/** Takes the worse of the stated severity and that of the CVSS score; medium when the source gives neither. */
function judgePackage({ severityHint: stated, facts }: Signal): Judgement {
  const scored = typeof facts.cvss === 'number' ? severityOfCvss(facts.cvss) : null
  const remediation = facts.patchedVersion ? 'upgrade_dependency' : 'open_ticket'
  if (!stated && !scored) {
    return { severity: 'medium', remediation, because: 'none is stated', doubts: [unstated] }
  }
  const severity = worse(stated ?? 'low', scored ?? 'low')
  const said = stated && `the source says ${stated}`
  const score = scored && `the CVSS score ${facts.cvss} is ${scored}`
  return {
    severity,
    remediation,
    because: [said, score].filter(Boolean).join(' and '),
    doubts: stated && scored && stated !== scored ? [contradiction] : [],
  }
}

/** Dismisses a note, which is about style. */
function judgeCode({ severityHint: stated, facts }: Signal): Judgement {
  if (!stated) {
    return {
      severity: 'medium',
      remediation: 'fix_code',
      because: 'none is stated',
      doubts: [unstated],
    }
  }
  return {
    severity: stated,
    remediation: stated === 'low' ? 'dismiss' : 'fix_code',
    because: `${facts.tool} says ${stated}`,
    doubts: [],
  }
}

/** A failed run is worse on the default branch, or when the run scans for vulnerabilities. */
function judgeRun({ defaultBranch, securityScan }: Facts): Judgement {
  const common = { remediation: 'open_ticket', doubts: [] } as const
  if (securityScan && defaultBranch) {
    return { ...common, severity: 'high', because: 'the default branch goes unscanned' }
  }
  if (securityScan) return { ...common, severity: 'medium', because: 'a branch goes unscanned' }
  if (defaultBranch) return { ...common, severity: 'medium', because: 'the default branch fails' }
  return { ...common, severity: 'low', because: 'only a side branch fails' }
}

/** Judges an issue or pull request. A label makes us surer than a word of the title. */
function judgeReport({ label, word }: Facts): Judgement {
  const doubts = label ? [] : [wordOnly]
  if (word === 'leak' || word === 'leaks' || word === 'leaked' || word === 'breach') {
    const because = `the title says ${word}`
    return { severity: 'critical', remediation: 'rotate_secret', because, doubts }
  }
  const common = { remediation: 'open_ticket', doubts } as const
  if (label === 'bug' && !word) return { ...common, severity: 'low', because: 'it is a bug' }
  if (label && label !== 'bug') {
    return { ...common, severity: 'high', because: `it is labelled ${label}` }
  }
  return { ...common, severity: 'medium', because: `the title says ${word}` }
}

function titleOf({ title, repository, facts }: Signal, remediation: Remediation): string {
  const where = repository ? ` in ${repository}` : ''
  switch (remediation) {
    case 'upgrade_dependency':
      return `Upgrade ${facts.package} to ${facts.patchedVersion}${where}`
    case 'rotate_secret':
      return `Rotate what leaked${where}: ${title}`
    case 'fix_code':
      return `Fix ${facts.rule ?? title}${where}`
    case 'dismiss':
      return `Dismiss "${title}"${where}`
    case 'open_ticket':
      return `Look into "${title}"${where}`
  }
}

/** The evidence of a transition: the signal, its facts and the proposal, as one JSON object. */
export interface Evidence extends Proposal {
  readonly key: string
  readonly event: string
  readonly repository: string | null
  readonly url: string
  readonly facts: Facts
  readonly factDigest: string
  /** The severity that the source itself states, which an agent cannot change. */
  readonly statedSeverity: Severity | null
}

export function evidenceOf(signal: Signal, proposal: Proposal): Evidence {
  const { key, event, repository, url, facts, digest, severityHint } = signal
  const stated = { factDigest: digest, statedSeverity: severityHint }
  return { key, event, repository, url, facts, ...stated, ...proposal }
}
