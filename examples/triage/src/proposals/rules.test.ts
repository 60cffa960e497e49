import { expect, test } from 'vitest'

import type { Facts } from '../signals/findings.ts'
import { readPayloads } from '../signals/payloads.ts'
import type { Severity } from '../signals/severity.ts'
import { createSignalMemory, toSignal, type Signal } from '../signals/signals.ts'
import { evidenceOf, propose } from './rules.ts'

function signal(event: string, facts: Facts, severityHint: Severity | null = null): Signal {
  return {
    kind: 'signal',
    key: `${event}:octo-org/octo-repo#1`,
    event,
    action: 'created',
    title: 'Something happened',
    url: 'https://github.com/octo-org/octo-repo',
    repository: 'octo-org/octo-repo',
    severityHint,
    facts,
    digest: 'digest',
  }
}

test('a vulnerable package with a patch is upgraded, with a reason for every number', () => {
  const facts = { package: 'semver', patchedVersion: '7.5.2', cvss: 5.3 }

  const proposal = propose(signal('dependabot_alert', facts, 'medium'))

  expect(proposal).toEqual({
    provider: 'rules',
    severity: 'medium',
    remediation: 'upgrade_dependency',
    title: 'Upgrade semver to 7.5.2 in octo-org/octo-repo',
    rationale:
      'Severity medium: the source says medium and the CVSS score 5.3 is medium. ' +
      'Confidence 95 %: 95 because the package stands in a manifest of the repository.',
    confidence: 0.95,
    risk: 'medium',
  })
})

test('the worse of the stated severity and the score counts, and a difference lowers the confidence', () => {
  const proposal = propose(signal('security_advisory', { package: 'harp', cvss: 7.9 }, 'medium'))

  expect(proposal).toMatchObject({ severity: 'high', remediation: 'open_ticket', confidence: 0.55 })
  expect(proposal.rationale).toContain('-5 because the stated severity and the score differ')
})

test('a severity that nobody states is medium, with less confidence', () => {
  expect(propose(signal('dependabot_alert', {}))).toMatchObject({
    severity: 'medium',
    confidence: 0.75,
  })
  expect(propose(signal('code_scanning_alert', {}))).toMatchObject({
    severity: 'medium',
    confidence: 0.6,
  })
})

test.each([
  [true, true, 'high'],
  [true, false, 'medium'],
  [false, true, 'medium'],
  [false, false, 'low'],
])('a failed run: scan %s, default branch %s, is %s', (securityScan, defaultBranch, severity) => {
  expect(propose(signal('workflow_run', { securityScan, defaultBranch })).severity).toBe(severity)
})

test.each([
  [{ label: 'bug' }, 'low', 'open_ticket', 0.75],
  [{ label: 'bug', word: 'outage' }, 'medium', 'open_ticket', 0.75],
  [{ label: 'security' }, 'high', 'open_ticket', 0.75],
  [{ word: 'xss' }, 'medium', 'open_ticket', 0.6],
  [{ word: 'leaked' }, 'critical', 'rotate_secret', 0.6],
])('a report that says %o is %s: %s', (facts, severity, remediation, confidence) => {
  expect(propose(signal('issues', facts))).toMatchObject({ severity, remediation, confidence })
})

test('style notes are dismissed, errors are fixed', () => {
  const facts = { rule: 'java/sql-injection', tool: 'CodeQL' }

  expect(propose(signal('code_scanning_alert', facts, 'low')).remediation).toBe('dismiss')
  expect(propose(signal('code_scanning_alert', facts, 'high')).remediation).toBe('fix_code')
})

test('rotating a secret is risky, whatever the severity', () => {
  expect(propose(signal('issues', { word: 'leaked' })).risk).toBe('high')
})

test('the first proposal for each matter in the real payloads', async () => {
  const memory = createSignalMemory()
  const proposals: string[] = []

  for await (const { event, payload } of readPayloads()) {
    const read = toSignal(event, payload)
    if (read.kind === 'ignored' || memory.recognise(read) !== 'new') continue
    const { severity, remediation, confidence } = propose(read)
    proposals.push(`${read.key} ${severity} ${remediation} ${confidence}`)
  }

  expect(proposals).toEqual([
    'check_run:Codertocat/Hello-World#128620228 low open_ticket 0.85',
    'code_scanning_alert:Codertocat/Hello-World#10:Style/FrozenStringLiteralComment low dismiss 0.8',
    'code_scanning_alert:Codertocat/Hello-World#10:java/sql-injection high fix_code 0.8',
    'dependabot_alert:wolfy1339/pika-pack#20 medium upgrade_dependency 0.95',
    'issues:Codertocat/Hello-World#1 low open_ticket 0.75',
    'issues:Codertocat/Hello-World#2 low open_ticket 0.75',
    'pull_request:Codertocat/Hello-World#2 low open_ticket 0.75',
    'repository_vulnerability_alert:Codertocat/Hello-World#91095730 medium upgrade_dependency 0.9',
    'security_advisory:GHSA-rf4j-j272-fj86 medium upgrade_dependency 0.6',
    'security_advisory:GHSA-6fmm-47qc-p4m4 high open_ticket 0.55',
    'workflow_job:Codertocat/Hello-World#289782451 medium open_ticket 0.85',
    'workflow_run:octo-org/octo-repo#289782451 medium open_ticket 0.85',
  ])
})

test('evidence is one JSON object: the signal, its facts and the proposal', () => {
  const read = signal('issues', { label: 'bug' })

  const evidence = evidenceOf(read, propose(read))

  expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
  expect(evidence).toMatchObject({ key: read.key, provider: 'rules', facts: { label: 'bug' } })
})
