import type { ApprovalRequest, JsonObject, JsonValue } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import { typeOf } from '../card/card-details.ts'
import { plain } from '../card/paper.ts'
import { weigh } from '../card/visible-text.ts'
import { editFieldsOf, readTyped, type EditField } from './edit-field.ts'
import { formIds, plainLine, reasonBlock, reasonInput } from './forms.ts'

/** Slack accepts 100 blocks, of which the form itself needs up to four. */
const mostInputs = 90
/** The most bytes of all values together; see `mostBytes` in card.ts. */
const mostValueBytes = 10_000

export interface EditFormInput {
  readonly request: ApprovalRequest
  readonly token: string
  /** A JSON Schema of the evidence, for titles and choices. */
  readonly schema?: unknown
}

/** A form with one input for each member of the evidence; null if none of them can be edited in Slack. */
export function createEditForm({ request, token, schema }: EditFormInput): types.ModalView | null {
  const { open, locked } = split(request.evidence ?? {}, schema)
  if (open.length === 0) return null
  const written = new Set(
    request.view.fields.filter(({ fromModel }) => fromModel).map(({ label }) => label),
  )
  const names = locked.map(({ label }) => label).join(', ')
  return {
    type: 'modal',
    callback_id: formIds.edit,
    private_metadata: token,
    title: plain('Edit'),
    submit: plain('Approve as edited'),
    close: plain('Back'),
    blocks: [
      {
        type: 'section',
        text: plainLine(
          'An edit makes a new revision, and you approve it by sending this form. Earlier approvals no longer count.',
          400,
        ),
      },
      ...open.map((field) => inputOf(field, written.has(field.key))),
      ...(locked.length === 0
        ? []
        : [
            {
              type: 'section' as const,
              text: plainLine(
                `Cannot be edited here, because Slack cannot show it exactly: ${names}`,
                900,
              ),
            },
          ]),
      reasonInput('Why? (optional)', true),
    ],
  }
}

export type ReadEdits =
  | { readonly edits: Record<string, JsonValue>; readonly reason?: string }
  | { readonly errors: Record<string, string> }

/** The whole evidence after the edit, or the fault of each input. */
export function readEdits(
  evidence: JsonObject,
  typed: ReadonlyMap<string, string | null>,
  schema?: unknown,
): ReadEdits {
  const edits: Record<string, JsonValue> = { ...evidence }
  const errors: Record<string, string> = {}
  const { open } = split(evidence, schema)
  let isEdited = false
  for (const field of open) {
    if (!typed.has(field.block)) continue
    const read = readTyped(field, typed.get(field.block) ?? null)
    if ('fault' in read) errors[field.block] = read.fault
    else {
      isEdited ||= read.value !== field.value
      edits[field.key] = read.value
    }
  }
  if (Object.keys(errors).length > 0) return { errors }
  const first = open[0]?.block ?? reasonBlock
  if (!isEdited)
    return {
      errors: {
        [first]: 'You have changed nothing. To approve the request as it is, go back to the card.',
      },
    }
  const reason = typed.get(reasonBlock)?.trim()
  return { edits, ...(reason && { reason }) }
}

/** Divides fields into those that can be edited and those that cannot. Making and reading the form use the same division. */
function split(evidence: JsonObject, schema: unknown): { open: EditField[]; locked: EditField[] } {
  const open: EditField[] = []
  const locked: EditField[] = []
  let left = mostValueBytes
  for (const field of editFieldsOf(evidence, schema)) {
    const bytes = 'initial' in field.input ? weigh(field.input.initial) + 200 : 0
    const fits = field.input.kind !== 'locked' && open.length < mostInputs && bytes <= left
    if (fits) left -= bytes
    ;(fits ? open : locked).push(field)
  }
  return { open, locked }
}

function inputOf(field: EditField, isWritten: boolean): types.InputBlock {
  return {
    type: 'input',
    block_id: field.block,
    // An emptied text is a text; everything else needs a value.
    optional: field.input.kind === 'text',
    label: plainLine(`${field.label} (${typeOf(field.value)})`, 200),
    ...(isWritten && { hint: plainLine('Written by a model', 100) }),
    element: elementOf(field),
  }
}

function elementOf({ input, value }: EditField): types.InputBlock['element'] {
  if (input.kind === 'choice') {
    const options = input.options.map((option, index) => ({
      text: plainLine(option === '' ? ' ' : option, 75),
      value: String(index),
    }))
    const initial = options[input.options.indexOf(input.initial)]
    return {
      type: 'static_select',
      action_id: 'choice',
      options,
      ...(initial && { initial_option: initial }),
    }
  }
  const initial = 'initial' in input && input.initial !== '' ? { initial_value: input.initial } : {}
  if (input.kind === 'number')
    return { type: 'number_input', action_id: 'number', is_decimal_allowed: true, ...initial }
  const isLong = input.kind === 'json' || (typeof value === 'string' && value.length > 60)
  return {
    type: 'plain_text_input',
    action_id: 'text',
    multiline: isLong || (typeof value === 'string' && value.includes('\n')),
    max_length: 3000,
    ...initial,
  }
}
