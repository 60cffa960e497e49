import { parseStrictJson, type JsonObject, type JsonValue } from '@loop-engine/core'
import { z } from 'zod'

import { escapeMarkup, visible } from '../card/visible-text.ts'

/** The parts of a JSON Schema that help to build inputs. The engine checks evidence against the whole schema. */
const propertySchema = z.object({
  type: z.string().optional(),
  title: z.string().optional(),
  enum: z.array(z.string().min(1).max(75)).min(1).max(100).optional(),
})
const evidenceSchema = z.object({ properties: z.record(z.string(), z.unknown()).optional() })

/** One member of the evidence, as an input of the form. */
export interface EditField {
  readonly block: string
  readonly key: string
  readonly label: string
  readonly value: JsonValue
  readonly input:
    | { readonly kind: 'choice'; readonly options: readonly string[]; readonly initial: string }
    | { readonly kind: 'number' | 'text' | 'json'; readonly initial: string }
    /** The value cannot pass through a form unchanged: it is too long, or has characters that an input would lose. */
    | { readonly kind: 'locked' }
}

const mostText = 3000
/** Numbers that Slack's number input shows unchanged. */
const plainNumber = /^-?\d{1,15}(\.\d{1,10})?$/

export function editFieldsOf(evidence: JsonObject, schema?: unknown): EditField[] {
  const properties = evidenceSchema.safeParse(schema).data?.properties ?? {}
  return Object.entries(evidence).map(([key, value], index) => {
    const property = Object.hasOwn(properties, key)
      ? propertySchema.safeParse(properties[key]).data
      : undefined
    return {
      block: `field:${index}`,
      key,
      label: property?.title ?? key,
      value,
      input: inputOf(value, property?.enum),
    }
  })
}

function inputOf(value: JsonValue, choices: readonly string[] | undefined): EditField['input'] {
  if (typeof value === 'boolean')
    return { kind: 'choice', options: ['true', 'false'], initial: String(value) }
  if (typeof value === 'string' && choices?.includes(value) && choices.every(isFaithful))
    return { kind: 'choice', options: [...new Set(choices)], initial: value }
  if (typeof value === 'number' && plainNumber.test(String(value)))
    return { kind: 'number', initial: String(value) }
  const kind = typeof value === 'string' ? 'text' : 'json'
  const initial = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return initial.length <= mostText && isFaithful(initial) ? { kind, initial } : { kind: 'locked' }
}

const isFaithful = (text: string): boolean => visible(text) === text

export type Typed = { readonly value: JsonValue } | { readonly fault: string }

/** Reads what was typed. A value that was not touched stays exactly as it was. */
export function readTyped({ input, value }: EditField, typed: string | null): Typed {
  if (input.kind === 'locked') return { value }
  const text = typed ?? ''
  if (input.kind === 'choice') return readChoice(input.options, text, value)
  // An input may trim or escape its text; neither is an edit.
  const untouched = [input.initial, input.initial.trim(), escapeMarkup(input.initial)]
  if (untouched.includes(text)) return { value }
  if (input.kind === 'text') return { value: text }
  try {
    const read = parseStrictJson(text)
    if (input.kind === 'number' && typeof read !== 'number')
      return { fault: 'This must be a number.' }
    return { value: read }
  } catch {
    return { fault: input.kind === 'number' ? 'This must be a number.' : 'This is no valid JSON.' }
  }
}

/** Options are identified by their index, because their text may be too long for a value in Slack. */
function readChoice(options: readonly string[], text: string, value: JsonValue): Typed {
  const picked = /^\d+$/.test(text) ? options[Number(text)] : undefined
  if (picked === undefined) return { fault: 'Pick one of the options.' }
  return { value: typeof value === 'boolean' ? picked === 'true' : picked }
}
