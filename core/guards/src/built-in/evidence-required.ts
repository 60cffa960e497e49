import type { Guard, JsonValue } from '@loop-engine/core'

import { checkedBy, listOf, text } from './parameters.ts'
import { readField } from './read-field.ts'

/** `{ fields: ['reason', '/order/total'] }`: each is attached, and neither null nor an empty text. */
export const evidenceRequired: Guard = {
  contract: 'guard/v1',
  id: 'evidence-required',
  description: 'The evidence has all `fields`.',
  check: checkedBy({ fields: listOf(text, 'field names or JSON Pointers') }),
  evaluate({ evidence, parameters: { fields } }) {
    if (!Array.isArray(fields)) return { passed: false, message: 'No fields are named.' }
    const missing = fields.filter((field: JsonValue) => isEmpty(readField(evidence, field)))
    return {
      passed: missing.length === 0,
      message: `Missing from the evidence: ${missing.join(', ')}.`,
    }
  },
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || value === ''
}
