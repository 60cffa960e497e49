import { reviewersOf, type ApprovalRequest, type ApprovalView } from '@loop-engine/core'

import { dedupKeyOf } from './incident-reference.ts'
import { noteApproves } from './note-strength.ts'
import { cut, dataText, plainText } from './visible-text.ts'

export interface AlertInput {
  readonly request: ApprovalRequest
  readonly routingKey: string
  /** The sealed reference, which is read back when somebody answers. */
  readonly reference: string
  /** Left out if notes do not decide. */
  readonly code?: string
  readonly link?: string
}

const severities: Readonly<Record<string, string>> = {
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
}
const mostFields = 60
const mostOfField = 8000
/** The most bytes of all fields together; PagerDuty accepts 512 KB for the whole event. */
const mostOfFields = 120_000

/** The event that opens an incident about a request. Sending it again does not open another one. */
export function createTriggerEvent(input: AlertInput): object {
  const { request, routingKey, link } = input
  const { view } = request
  const { transition, requester } = view
  const risk = transition.risk === undefined ? '' : `, risk ${plainText(transition.risk, 30)}`
  const summary =
    `Decision needed: ${plainText(transition.id, 200)} on ${plainText(view.aggregateId, 300)}` +
    `, asked by ${plainText(requester.id, 300)}${risk}`
  return {
    routing_key: routingKey,
    event_action: 'trigger',
    dedup_key: dedupKeyOf({
      tenant: request.tenant,
      requestId: request.id,
      revision: request.revision,
    }),
    payload: {
      summary: cut(summary, 1024),
      source: plainText(view.aggregateId, 255),
      severity: severities[transition.risk ?? ''] ?? 'warning',
      component: plainText(view.loop.id, 255),
      group: plainText(request.tenant, 255),
      class: plainText(transition.id, 255),
      custom_details: detailsOf(input),
    },
    client: 'Loop Engine',
    ...(link !== undefined && {
      client_url: link,
      links: [{ href: link, text: 'See everything, and decide on the page' }],
    }),
  }
}

export function resolveEvent(routingKey: string, dedupKey: string): object {
  return { routing_key: routingKey, event_action: 'resolve', dedup_key: dedupKey }
}

/** The details of the alert: our own labels, with values from outside as plain text or JSON. */
function detailsOf(input: AlertInput): Record<string, unknown> {
  const { request, reference } = input
  const { view } = request
  const { loop, transition, requester, effect, warnings } = view
  const stage = request.policy.stages[request.stage]
  const shownWarnings = warnings.slice(0, 10).map((warning) => plainText(warning, 500))
  return {
    what: `${plainText(transition.id, 200)} on ${plainText(view.aggregateId, 300)}`,
    loop: `${plainText(loop.name, 200)} (${plainText(loop.id, 200)}, version ${plainText(loop.version, 100)})`,
    change: `${plainText(transition.from, 200)} to ${plainText(transition.to, 200)}`,
    ...(transition.description && { meaning: plainText(transition.description, 1000) }),
    risk: plainText(transition.risk ?? 'not stated', 100),
    ...(effect && {
      runs: `${plainText(effect.integration, 200)}.${plainText(effect.action, 200)}`,
      input: dataText(effect.input, 20_000),
    }),
    asked_by: `${plainText(requester.type, 50)} ${plainText(requester.id, 300)}${requester.model ? `, model ${plainText(requester.model, 200)}` : ''}`,
    on_behalf_of: plainText(requester.onBehalfOf ?? 'nobody else', 300),
    evidence: fieldsOf(view),
    ...(shownWarnings.length > 0 && { warnings: shownWarnings }),
    approvals_needed: `${stage?.quorum ?? 1}${request.policy.fourEyes ? ', not of the requester nor of whom it acts for' : ''}`,
    who_may_decide: plainText(reviewersOf(request).join(', '), 1000),
    expires: new Date(view.expiresAt).toISOString(),
    if_nobody_decides: plainText(view.ifNothing, 500),
    how_to_decide: waysOf(input),
    good_to_know: 'Acknowledging and resolving this incident approve nothing.',
    request: plainText(request.id, 300),
    revision: request.revision,
    view_hash: request.viewHash,
    reference,
  }
}

function fieldsOf({ fields }: ApprovalView): Record<string, string> {
  const shown: [string, string][] = []
  let left = mostOfFields
  for (const { path, label, value, fromModel } of fields.slice(0, mostFields)) {
    const name = `${plainText(label, 200)} (${plainText(path, 300)}${fromModel ? ', written by a model' : ''})`
    const text = dataText(value, mostOfField)
    left -= Buffer.byteLength(name) + Buffer.byteLength(JSON.stringify(text))
    if (left < 0) break
    shown.push([name, text])
  }
  const missing = fields.length - shown.length
  return {
    ...Object.fromEntries(shown),
    ...(missing > 0 && { '…': `${missing} of ${fields.length} fields are not shown here` }),
  }
}

/** How to decide. A note always suffices to reject. */
function waysOf({ request, code, link }: AlertInput): string[] {
  const page = link === undefined ? [] : ['On the page that this incident links to.']
  if (code === undefined) return page
  const where = link === undefined ? 'use another channel' : 'sign in on the page'
  return [
    ...(noteApproves(request)
      ? [`Add the note: approve ${code}`]
      : [`To approve, ${where}: a note does not show well enough who you are.`]),
    `Add the note: reject ${code} and a reason`,
    ...page,
  ]
}
