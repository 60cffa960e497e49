import type { ApprovalView, JsonValue } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import { plainSection, type Paper } from './paper.ts'
import { withEnds } from './visible-text.ts'

const mostFields = 35
/** Of one text; Slack takes 3000. */
const mostOfOne = 2700
/** A block around its text, and the note that some fields are missing. */
const frame = 140
const leastWorthShowing = 160

interface Detail {
  readonly head: string
  readonly value: JsonValue
}

/** The typed fields and the exact input of what runs, one block each, within `room` bytes together. */
export function detailsOf(
  paper: Paper,
  { fields, effect }: ApprovalView,
  room: number,
): types.SectionBlock[] {
  const details: Detail[] = [
    ...fields.map(({ label, value, fromModel }) => ({
      head: `${paper.line(withEnds(label), 160)} (${typeOf(value)}${fromModel ? ', written by a model' : ''})`,
      value,
    })),
    ...inputOf(fields, effect),
  ]
  const blocks: types.SectionBlock[] = []
  let left = room - frame
  for (const [index, { head, value }] of details.entries()) {
    const rest = details.length - index
    // What short ones do not need is left for those that follow.
    const share = Math.min(mostOfOne, Math.floor(left / Math.min(rest, mostFields)) - frame)
    const most = share - Buffer.byteLength(JSON.stringify(head))
    if (blocks.length === mostFields || most < leastWorthShowing) {
      paper.leftOut()
      return [...blocks, plainSection([`⟨${rest} of ${details.length} fields not shown⟩`])]
    }
    const block = plainSection([head, paper.prose(textOf(value), most)])
    blocks.push(block)
    left -= Buffer.byteLength(JSON.stringify(block)) + 40
  }
  return blocks
}

/** What runs often gets the very fields that stand above; then they are not repeated. */
function inputOf(fields: ApprovalView['fields'], effect: ApprovalView['effect']): Detail[] {
  if (!effect) return []
  const head = 'Exact input of what runs (data)'
  const above = JSON.stringify(Object.fromEntries(fields.map(({ label, value }) => [label, value])))
  const isAbove = fields.length > 0 && JSON.stringify(effect.input) === above
  return [{ head, value: isAbove ? 'All of the fields above, and nothing else.' : effect.input }]
}

export function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  const type = typeof value
  return type === 'string' ? 'text' : type === 'boolean' ? 'yes or no' : type
}

/** As data: text as it is, everything else as JSON. Several lines are barred, so that none poses as a line of ours. */
function textOf(value: JsonValue): string {
  if (value === '') return '⟨empty⟩'
  const text = typeof value === 'string' ? withEnds(value) : JSON.stringify(value, null, 2)
  return text.includes('\n') ? `| ${text.replaceAll('\n', '\n| ')}` : text
}
