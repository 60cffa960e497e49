import {
  isCancel,
  log,
  note,
  select,
  text,
  updateSettings,
  type CommonOptions,
} from '@clack/prompts'
import { spellOut as plain } from '@loop-engine/observability'
import type { JsonObject, JsonValue } from '@loop-engine/sdk'

import { remediations } from './proposals/rules.ts'
import type { Answer, Reviews, Waiting } from './reviews.ts'
import { severities } from './signals/severity.ts'

/**
 * Asks the person at the terminal about each matter that waits. Ends
 * early when the person quits, or when the `signal` of `terminal` aborts.
 */
export async function askPerson(reviews: Reviews, terminal: CommonOptions): Promise<void> {
  // Ctrl-D closes the input under a prompt, which would then never answer.
  updateSettings({ aliases: { '\u0004': 'cancel' } })
  for (const item of await reviews.waiting()) {
    const answer = await askAbout(item, terminal)
    if (answer === null) return log.info('Nothing is lost: start again to go on.', terminal)
    await give(reviews, item, answer, terminal)
  }
}

async function give(
  reviews: Reviews,
  item: Waiting,
  answer: Answer,
  terminal: CommonOptions,
): Promise<void> {
  const refusal = await reviews.answer(item, answer)
  if (refusal === null) log.success(`${plain(item.key)}: ${answer.kind}`, terminal)
  else log.warn(`${plain(item.key)}: refused, ${refusal}`, terminal)
}

/** The answer about one matter; null when the person quits. */
async function askAbout(item: Waiting, terminal: CommonOptions): Promise<Answer | null> {
  // The prompt wraps lines for a narrow terminal, but not the title.
  note(summaryOf(item), 'Waits for you', terminal)
  const approve = dismisses(item) ? 'Approve: dismiss it, no ticket' : 'Approve: file the ticket'
  for (;;) {
    const choice = await select({
      ...terminal,
      message: 'What shall happen?',
      options: [
        // The harmless option comes first, because one Enter too many picks the first.
        { value: 'evidence', label: 'Show the evidence' },
        { value: 'approve', label: approve },
        { value: 'reject', label: 'Reject: no ticket' },
        { value: 'edit', label: 'Edit, then approve' },
        { value: 'quit', label: 'Quit and go on later' },
      ],
    })
    if (isCancel(choice) || choice === 'quit') return null
    const answer = await answerOf(choice, item, terminal)
    if (answer) return answer
    if (terminal.signal?.aborted) return null
  }
}

/** The answer that a choice leads to; null when the question has to be asked again. */
async function answerOf(
  choice: string,
  { evidence }: Waiting,
  terminal: CommonOptions,
): Promise<Answer | null> {
  if (choice === 'approve') return { kind: 'approve' }
  if (choice === 'reject') {
    const reason = await text({
      ...terminal,
      message: 'Why?',
      placeholder: 'for the record',
    })
    return isCancel(reason) ? null : { kind: 'reject', reason: reason.trim() || 'rejected' }
  }
  if (choice === 'edit') {
    const edited = await edit(evidence, terminal)
    return edited && { kind: 'edit', evidence: edited }
  }
  for (const [field, value] of Object.entries(evidence)) {
    log.message(`${plain(field)}: ${textOf(value)}`, terminal)
  }
  return null
}

async function edit(evidence: JsonObject, terminal: CommonOptions): Promise<JsonObject | null> {
  const severity = await select({
    ...terminal,
    message: 'Severity',
    options: severities.map((value) => ({ value, label: value })),
    initialValue: severities.find((each) => each === evidence['severity']),
  })
  if (isCancel(severity)) return null
  const remediation = await select({
    ...terminal,
    message: 'Remediation',
    options: remediations
      .filter((each) => each !== 'dismiss')
      .map((value) => ({ value, label: value })),
    initialValue: remediations.find((each) => each === evidence['remediation']),
  })
  if (isCancel(remediation)) return null
  const title = await text({
    ...terminal,
    message: 'Title',
    initialValue: textOf(evidence['title']),
    validate: (given = '') => (given.trim() === '' ? 'A ticket needs a title.' : undefined),
  })
  return isCancel(title) ? null : { ...evidence, severity, remediation, title: title.trim() }
}

/** Whether the proposal is to dismiss the matter: approving it then files no ticket. */
function dismisses({ evidence }: Waiting): boolean {
  return evidence['remediation'] === 'dismiss'
}

function summaryOf({ key, evidence, because }: Waiting): string {
  const show = (field: string): string => textOf(evidence[field])
  return [
    plain(key),
    show('title'),
    `proposed by ${show('provider')}`,
    `severity ${show('severity')}, remediation ${show('remediation')}, ` +
      `risk ${show('risk')}, confidence ${show('confidence')}`,
    show('rationale'),
    plain(because),
  ].join('\n')
}

function textOf(value: JsonValue | undefined): string {
  return plain(typeof value === 'string' ? value : JSON.stringify(value ?? null))
}
