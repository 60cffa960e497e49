import type { ApprovalView, JsonValue } from '@loop-engine/core'
import type { types } from '@slack/bolt'

import { plainSection, type Paper } from './paper.ts'
import { withEnds } from './visible-text.ts'

const mostFields = 35
/** The room is divided into at most this many shares: smaller shares would show too little of each field. */
const mostShares = 25
/** The most bytes of one text; Slack accepts 3000 characters. */
const mostOfOne = 2700
/** Bytes of a block without its text, which also suffice for the note that fields are missing. */
const frame = 140
const leastWorthShowing = 160

interface Detail {
  readonly head: string
  readonly value: JsonValue
}

/** The exact input of what runs, which always has its place, and then the fields; one block each, within `room` bytes. */
export function detailsOf(
  paper: Paper,
  { fields, effect }: ApprovalView,
  room: number,
): types.SectionBlock[] {
  const details: Detail[] = [
    ...inputOf(fields, effect),
    ...fields.map(({ label, value, fromModel }) => ({
      head: `${paper.line(withEnds(label), 160)} (${typeOf(value)}${fromModel ? ', written by a model' : ''})`,
      value,
    })),
  ]
  const blocks: types.SectionBlock[] = []
  let left = room - frame
  for (const [index, { head, value }] of details.entries()) {
    const rest = details.length - index
    // The room that short fields do not need is left for the fields that follow.
    const shares = effect && index === 0 ? 1 : Math.min(rest, Math.max(1, mostShares - index))
    const share = Math.min(mostOfOne, Math.floor(left / shares) - frame)
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

/** The input of what runs. It is not repeated if it consists of exactly the fields that follow. */
function inputOf(fields: ApprovalView['fields'], effect: ApprovalView['effect']): Detail[] {
  if (!effect) return []
  const head = 'Exact input of what runs (data)'
  const given = JSON.stringify(Object.fromEntries(fields.map(({ label, value }) => [label, value])))
  const isGiven = fields.length > 0 && JSON.stringify(effect.input) === given
  return [{ head, value: isGiven ? 'All of the fields below, and nothing else.' : effect.input }]
}

export function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  const type = typeof value
  return type === 'string' ? 'text' : type === 'boolean' ? 'yes or no' : type
}

/** A value as text, or as JSON. Each line of several gets a bar, so that no line can pass for one of the card's own. */
function textOf(value: JsonValue): string {
  if (value === '') return '⟨empty⟩'
  const text = typeof value === 'string' ? withEnds(value) : JSON.stringify(value, null, 2)
  return text.includes('\n') ? `| ${text.replaceAll('\n', '\n| ')}` : text
}
