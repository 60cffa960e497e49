import type { Schema } from '@cfworker/json-schema'

/**
 * Corrects how the validator judges `unevaluatedItems` and `unevaluatedProperties`. By JSON Schema, what a schema leaves
 * unevaluated depends on that schema alone. The validator also counts what was evaluated before, where the schema is
 * applied, and so accepts what it should refuse. An `if` begins a new count, and hands on what it evaluated: so each part
 * that has one of these keywords becomes `{ if: part, else: false }`, in place, because references lead there.
 */
export function beginAnew(parts: readonly Schema[]): void {
  for (const part of parts) {
    if (part.unevaluatedItems === undefined && part.unevaluatedProperties === undefined) continue
    const whole = Object.defineProperties({}, Object.getOwnPropertyDescriptors(part))
    for (const key of Object.keys(part)) delete part[key]
    Object.assign(part, { if: whole, else: false })
  }
}
