import { isCancel, log, note, select, text } from '@clack/prompts'
import { makeVisible as plain } from '@loop-engine/observability'
import type { JsonObject, JsonValue } from '@loop-engine/sdk'

import type { Answer, Reviews, Waiting } from './reviews.ts'
import { remediations } from './rules.ts'
import { severities } from './severity.ts'

/** Asks the person at the terminal about each matter; ends early when they want to go on another time. */
export async function askPerson(reviews: Reviews): Promise<void> {
  for (const item of await reviews.waiting()) {
    const answer = await askAbout(item)
    if (answer === null) return log.info('Nothing is lost: start again to go on.')
    await give(reviews, item, answer)
  }
}

async function give(reviews: Reviews, item: Waiting, answer: Answer): Promise<void> {
  const refusal = await reviews.answer(item, answer)
  if (refusal === null) log.success(`${plain(item.key)}: ${answer.kind}`)
  else log.warn(`${plain(item.key)}: refused, ${refusal}`)
}

/** Null when the person wants to stop here. */
async function askAbout(item: Waiting): Promise<Answer | null> {
  note(summaryOf(item), plain(item.key))
  for (;;) {
    const choice = await select({
      message: 'What shall happen?',
      options: [
        { value: 'approve', label: 'Approve: file the ticket' },
        { value: 'reject', label: 'Reject: no ticket' },
        { value: 'edit', label: 'Edit, then approve' },
        { value: 'evidence', label: 'Show the evidence' },
        { value: 'quit', label: 'Quit and go on later' },
      ],
    })
    if (isCancel(choice) || choice === 'quit') return null
    const answer = await answerOf(choice, item)
    if (answer) return answer
  }
}

/** Null when the question has to be asked again. */
async function answerOf(choice: string, { evidence }: Waiting): Promise<Answer | null> {
  if (choice === 'approve') return { kind: 'approve' }
  if (choice === 'reject') {
    const reason = await text({ message: 'Why?', placeholder: 'for the record' })
    return isCancel(reason) ? null : { kind: 'reject', reason: reason || 'rejected' }
  }
  if (choice === 'edit') {
    const edited = await edit(evidence)
    return edited && { kind: 'edit', evidence: edited }
  }
  for (const [field, value] of Object.entries(evidence)) {
    log.message(`${plain(field)}: ${textOf(value)}`)
  }
  return null
}

async function edit(evidence: JsonObject): Promise<JsonObject | null> {
  const severity = await select({
    message: 'Severity',
    options: severities.map((value) => ({ value, label: value })),
    initialValue: severities.find((each) => each === evidence['severity']),
  })
  if (isCancel(severity)) return null
  const remediation = await select({
    message: 'Remediation',
    options: remediations
      .filter((each) => each !== 'dismiss')
      .map((value) => ({ value, label: value })),
    initialValue: remediations.find((each) => each === evidence['remediation']),
  })
  if (isCancel(remediation)) return null
  const title = await text({ message: 'Title', initialValue: textOf(evidence['title']) })
  return isCancel(title) || title === '' ? null : { ...evidence, severity, remediation, title }
}

function summaryOf({ evidence, because }: Waiting): string {
  const show = (field: string): string => textOf(evidence[field])
  return [
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
