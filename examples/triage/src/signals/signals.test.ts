import fc from 'fast-check'
import { expect, test } from 'vitest'

import { readPayloads, type Delivery } from './payloads.ts'
import { createSignalMemory, toSignal, watchedEvents, type Signal } from './signals.ts'

const repository = { full_name: 'octo-org/octo-repo', default_branch: 'main' }

function dependabotAlert(changes: { action?: string; state?: string; severity?: string } = {}) {
  const { action = 'created', state = 'open', severity = 'high' } = changes
  return {
    action,
    repository,
    alert: {
      number: 3,
      state,
      html_url: 'https://github.com/octo-org/octo-repo/security/dependabot/3',
      dependency: { manifest_path: 'package-lock.json', scope: 'runtime' },
      security_advisory: {
        ghsa_id: 'GHSA-1',
        cve_id: null,
        summary: 'semver is slow',
        severity,
        cvss: { score: 0 },
      },
      security_vulnerability: {
        package: { ecosystem: 'npm', name: 'semver' },
        vulnerable_version_range: '< 7.5.2',
        first_patched_version: { identifier: '7.5.2' },
      },
    },
  }
}

function checkRun(conclusion: string | null, branch = 'main') {
  const check_suite = { head_branch: branch }
  const check_run = { id: 7, name: 'build', conclusion, head_sha: 'abc', url: 'u', check_suite }
  return { action: 'completed', repository, check_run }
}

function issue(title: string, labels: string[] = [], state = 'open') {
  const named = labels.map((name) => ({ name }))
  return {
    action: 'opened',
    repository,
    issue: { number: 1, title, html_url: 'u', state, labels: named },
  }
}

function signalOf(event: string, payload: unknown): Signal {
  const signal = toSignal(event, payload)
  if (signal.kind === 'ignored') throw new Error(`ignored: ${signal.reason}`)
  return signal
}

test('an open alert is a signal with flat facts, and unknown facts are absent', () => {
  const signal = signalOf('dependabot_alert', dependabotAlert())

  expect(signal).toMatchObject({
    key: 'dependabot_alert:octo-org/octo-repo#3',
    action: 'created',
    repository: 'octo-org/octo-repo',
    severityHint: 'high',
  })
  expect(signal.facts).toEqual({
    ghsa: 'GHSA-1',
    ecosystem: 'npm',
    package: 'semver',
    vulnerableRange: '< 7.5.2',
    patchedVersion: '7.5.2',
    manifest: 'package-lock.json',
    scope: 'runtime',
  })
})

test.each([
  ['fork', {}, 'not_security_relevant'],
  ['__proto__', {}, 'not_security_relevant'],
  ['dependabot_alert', dependabotAlert({ state: 'fixed' }), 'no_action_needed'],
  ['dependabot_alert', dependabotAlert({ state: 'dismissed' }), 'no_action_needed'],
  ['dependabot_alert', { action: 'created' }, 'malformed'],
  ['dependabot_alert', null, 'malformed'],
  ['check_run', checkRun('success'), 'passed_run'],
  ['check_run', checkRun('cancelled'), 'no_action_needed'],
  ['check_run', checkRun(null), 'run_not_finished'],
  ['check_run', checkRun('exploded'), 'malformed'],
  ['issues', issue('Please add dark mode'), 'no_match'],
  ['issues', issue('XSS on the login page', [], 'closed'), 'no_action_needed'],
])('%s is ignored with its reason (%#)', (event, payload, reason) => {
  expect(toSignal(event, payload)).toEqual({ kind: 'ignored', reason })
})

test('a failed run knows whether its branch is the default one', () => {
  expect(signalOf('check_run', checkRun('failure')).facts.defaultBranch).toBe(true)
  expect(signalOf('check_run', checkRun('timed_out', 'topic')).facts.defaultBranch).toBe(false)
})

test('an issue matches by a label or by a word of its title', () => {
  expect(signalOf('issues', issue('Login is odd', ['Security'])).facts).toEqual({
    label: 'security',
  })
  expect(signalOf('issues', issue('API token leaked')).facts).toEqual({ word: 'leaked' })
})

test('a later action on the same alert has the same key and is a duplicate', () => {
  const memory = createSignalMemory()
  const created = signalOf('dependabot_alert', dependabotAlert())
  const reopened = signalOf('dependabot_alert', dependabotAlert({ action: 'reopened' }))

  expect(memory.recognise(created)).toBe('new')
  expect(memory.recognise(reopened)).toBe('duplicate')
})

test('a fact that changes is a change, and going back to it is a duplicate', () => {
  const memory = createSignalMemory()
  const high = signalOf('dependabot_alert', dependabotAlert())
  const critical = signalOf('dependabot_alert', dependabotAlert({ severity: 'critical' }))

  const novelties = [high, critical, high].map((each) => memory.recognise(each))

  expect(novelties).toEqual(['new', 'changed', 'duplicate'])
})

test('each of the 329 payloads has exactly one outcome', async () => {
  const memory = createSignalMemory()
  const counts: Record<string, number> = {}

  for await (const { event, payload } of readPayloads()) {
    const read = toSignal(event, payload)
    const outcome = read.kind === 'ignored' ? read.reason : memory.recognise(read)
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }

  expect(counts).toEqual({
    new: 12,
    changed: 3,
    duplicate: 50,
    not_security_relevant: 223,
    no_action_needed: 9,
    no_match: 4,
    passed_run: 13,
    run_not_finished: 15,
  })
})

test('arbitrary JSON is classified and never throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...watchedEvents), fc.jsonValue(), (event, payload) => {
      expect(toSignal(event, payload)).toEqual({ kind: 'ignored', reason: 'malformed' })
    }),
    { seed: 1, numRuns: 2000 },
  )
})

test('a real payload with any one part replaced by arbitrary JSON is classified and never throws', async () => {
  const watched: Delivery[] = []
  for await (const delivery of readPayloads()) {
    if (watchedEvents.includes(delivery.event)) watched.push(delivery)
  }

  fc.assert(
    fc.property(fc.constantFrom(...watched), fc.nat(), fc.jsonValue(), (delivery, nth, value) => {
      const read = toSignal(delivery.event, withPartReplaced(delivery.payload, nth, value))
      expect(['signal', 'ignored']).toContain(read.kind)
    }),
    { seed: 1, numRuns: 2000 },
  )
})

/** Replaces one field of a payload or of its parts, chosen by a number. */
function withPartReplaced(payload: unknown, nth: number, value: unknown): unknown {
  const copy: unknown = structuredClone(payload)
  const places: { readonly parent: Record<string, unknown>; readonly field: string }[] = []
  const visit = (parent: unknown, depth: number): void => {
    if (typeof parent !== 'object' || parent === null || depth > 4) return
    for (const [field, part] of Object.entries(parent)) {
      places.push({ parent: parent as Record<string, unknown>, field })
      visit(part, depth + 1)
    }
  }
  visit(copy, 0)
  const place = places[nth % places.length]
  if (place) place.parent[place.field] = value
  return copy
}
