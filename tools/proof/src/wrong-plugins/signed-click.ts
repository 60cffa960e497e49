import { createHmac } from 'node:crypto'

import type { ApprovalRequest } from '@loop-engine/core'

const secret = 'channel secret'
export const sign = (at: number, body: string, by = secret): string =>
  createHmac('sha256', by).update(`${at}.${body}`).digest('hex')

/** A click of alice as the vendor sends it: with the decision in the body and also in the address. */
export function click(
  { tenant, id, revision, viewHash }: ApprovalRequest,
  decision: string,
  deliveryId: string,
): string {
  return JSON.stringify({
    tenant,
    requestId: id,
    revision,
    viewHash,
    decision,
    reviewer: { type: 'human', id: 'alice' },
    assurance: { method: 'webhook' },
    idempotencyKey: deliveryId,
  })
}

export function send(body: string, at: number, signature?: string): Request {
  return new Request(`https://channel.example/decisions?event=${encodeURIComponent(body)}`, {
    method: 'POST',
    body,
    headers: { 'x-at': `${at}`, ...(signature !== undefined && { 'x-signature': signature }) },
  })
}

export function forgeries(request: ApprovalRequest): readonly Request[] {
  const body = click(request, 'approve', 'forged')
  const now = Date.now()
  const [old, early] = [now - 600_000, now + 600_000]
  return [
    send(body, now),
    send(body, now, sign(now, body, 'another secret')),
    send(`${body} `, now, sign(now, body)),
    send(body, old, sign(old, body)),
    send(body, early, sign(early, body)),
  ]
}
