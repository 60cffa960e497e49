import type { IDataObject, IWebhookFunctions } from 'n8n-workflow'

import { credentialName } from './server-call.ts'
import { verifySignature, type Verified } from './signature.ts'

/**
 * Reads a webhook call: whether the server signed it, and its event; null if it is unsigned or its body is no object.
 */
export async function readSignedEvent(
  context: IWebhookFunctions,
): Promise<{ readonly verified: Verified; readonly event: IDataObject | null }> {
  const { signingSecret = '' } = await context.getCredentials<{ signingSecret?: string }>(
    credentialName,
  )
  const request = context.getRequestObject()
  if (!request.rawBody) await request.readRawBody()
  const { headers, rawBody: body } = request
  const verified = verifySignature({ secrets: signingSecret, headers, body, now: Date.now() })
  return { verified, event: verified.ok ? readEvent(body) : null }
}

function readEvent(body: Buffer): IDataObject | null {
  try {
    const event: unknown = JSON.parse(body.toString('utf8'))
    return typeof event === 'object' && event !== null && !Array.isArray(event)
      ? (event as IDataObject)
      : null
  } catch {
    return null
  }
}
