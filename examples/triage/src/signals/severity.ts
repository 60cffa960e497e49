export const severities = ['low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

/** The words of GitHub's three vocabularies: advisories say `moderate`, alerts `medium`, code scanning `warning`. */
const words = new Map<string, Severity>([
  ['none', 'low'],
  ['note', 'low'],
  ['low', 'low'],
  ['warning', 'medium'],
  ['moderate', 'medium'],
  ['medium', 'medium'],
  ['error', 'high'],
  ['high', 'high'],
  ['critical', 'critical'],
])

/** The severity that a word of GitHub means; null for an absent or unknown word. */
export function severityOfWord(word: string | null | undefined): Severity | null {
  return words.get(word?.toLowerCase() ?? '') ?? null
}

/** The bands of the CVSS v3.1 specification: medium from 4.0, high from 7.0, critical from 9.0. */
export function severityOfCvss(score: number): Severity {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  if (score >= 4) return 'medium'
  return 'low'
}

export function worse(one: Severity, other: Severity): Severity {
  return severities.indexOf(one) >= severities.indexOf(other) ? one : other
}
