import type { Checker } from './world.ts'

/** 32. What one tenant sees does not depend on another. */
export const tenantIsolation: Checker = function* ({ runs, quietAnswers, busyAnswers }) {
  for (const { instance, entries, approvals } of runs) {
    if (
      entries.some(({ entry }) => entry.tenant !== instance.tenant) ||
      approvals.some(({ tenant }) => tenant !== instance.tenant)
    ) {
      yield { message: 'a run holds records of another tenant', runId: instance.runId }
    }
  }
  if (!quietAnswers || !busyAnswers) return
  const differs = quietAnswers.findIndex((answer, index) => answer !== busyAnswers[index])
  if (differs !== -1) yield { message: `answer ${differs} depends on what another tenant does` }
}

/** 33. Time never goes back within a run. */
export const monotoneTime: Checker = function* ({ runs }) {
  for (const { entries } of runs) {
    let before = 0
    for (const { entry, at } of entries) {
      if (entry.at < before) yield { message: 'time went back', ...at }
      before = entry.at
    }
  }
}

/** 34. Secrets appear nowhere. */
export const noSecrets: Checker = function* ({
  runs,
  deliveries = [],
  deadLetters,
  canaries = [],
}) {
  if (canaries.length === 0) return
  const text = JSON.stringify([runs, deliveries, deadLetters])
  if (canaries.some((canary) => text.includes(canary))) yield { message: 'a secret was recorded' }
}

/** 35. No recorded evidence is larger than the limit. */
export const bounded: Checker = function* ({ records, maxEvidenceBytes }) {
  if (maxEvidenceBytes === undefined) return
  for (const { entry, at } of records) {
    if ((entry.evidence?.bytes ?? 0) > maxEvidenceBytes)
      yield { message: 'evidence is larger than the limit', ...at }
  }
}
