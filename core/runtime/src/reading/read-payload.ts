import { isRecord, parseJson, type OutboxItem } from '@loop-engine/core'

/** What an order says; null for what was changed in the database until it is no JSON object. */
export function readPayload({
  payload,
}: Pick<OutboxItem, 'payload'>): Readonly<Record<string, unknown>> | null {
  try {
    const said = parseJson(payload)
    return isRecord(said) ? said : null
  } catch {
    return null
  }
}
