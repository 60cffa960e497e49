import { digestOf, type JsonObject, type JsonValue } from '@loop-engine/core'

import { fieldsOf, textOf, type Fields } from '../fields.ts'
import { neutralJson } from './neutral-json.ts'

/** A tool call that a model asks this side, not its vendor, to run. */
export interface AskedToolCall {
  readonly toolCallId: string
  readonly toolName: string
}

/** What a model said, gathered from a whole answer or from the parts of a stream; both give the same hash. */
export interface ModelOutput {
  add(part: unknown): void
  readonly toolCalls: readonly AskedToolCall[]
  /** SHA-256 of the text, reasoning, tool calls and files, in order. */
  hash(): string
  /** The text itself, cut to length, for callers who chose `record: 'text'`. */
  words(): JsonObject
}

interface Block {
  readonly type: string
  text: string
}

const longestText = 32_768

export function createModelOutput(): ModelOutput {
  const content: (JsonObject | Block)[] = []
  const open = new Map<string, Block>()
  const toolCalls: AskedToolCall[] = []

  const begin = (type: string, id: unknown, text = ''): Block => {
    const block = { type, text }
    content.push(block)
    if (typeof id === 'string') open.set(`${type}:${id}`, block)
    return block
  }
  const grow = (type: string, id: unknown, delta: unknown): void => {
    if (typeof delta !== 'string') return
    const block = open.get(`${type}:${String(id)}`) ?? begin(type, id)
    block.text += delta
  }

  return {
    toolCalls,
    add(part) {
      const fields = fieldsOf(part)
      const { type, id, delta, text } = fields
      switch (type) {
        case 'text':
        case 'reasoning':
          begin(type, undefined, typeof text === 'string' ? text : '')
          return
        case 'text-start':
        case 'reasoning-start':
          begin(kindOf(type), id)
          return
        case 'text-delta':
        case 'reasoning-delta':
          grow(kindOf(type), id, delta)
          return
        case 'tool-call': {
          const asked = askedToolCall(part)
          if (asked) toolCalls.push(asked)
          content.push(neutralPart(fields))
          return
        }
        case 'file':
        case 'reasoning-file':
          content.push(neutralPart(fields))
          return
        default:
      }
    },
    hash: () => digestOf(content.map(wellFormed)),
    words: () => ({
      text: cut(joined(content, 'text')),
      reasoning: cut(joined(content, 'reasoning')),
      toolCalls: content.filter(({ type }) => type === 'tool-call').map(cutInput),
    }),
  }
}

/** Reads a tool call; undefined for any other part, and for a tool call that the vendor runs itself. */
export function askedToolCall(part: unknown): AskedToolCall | undefined {
  const { type, providerExecuted, toolCallId, toolName } = fieldsOf(part)
  if (type !== 'tool-call' || providerExecuted === true) return undefined
  // Not cut: the SDK uses the whole id, and gateways make ids that are longer than a record takes.
  const id = textOf(toolCallId, Infinity)
  const name = textOf(toolName, Infinity)
  return id && name ? { toolCallId: id, toolName: name } : undefined
}

/** A tool call as a record names it. */
export function namedInRecord({ toolCallId, toolName }: AskedToolCall): JsonObject {
  return { toolCallId: textOf(toolCallId) ?? null, toolName: textOf(toolName) ?? null }
}

/** The type of the whole part that a piece of a stream belongs to. */
function kindOf(type: `${'text' | 'reasoning'}-${string}`): string {
  return type.startsWith('text') ? 'text' : 'reasoning'
}

/** The part without metadata of the vendor. */
function neutralPart({ type, toolCallId, toolName, input, mediaType, data }: Fields): JsonObject {
  return neutralJson({ type, toolCallId, toolName, input, mediaType, data })
}

function wellFormed(part: JsonObject | Block): JsonObject {
  const { text } = part
  return typeof text === 'string' ? { ...part, text: text.toWellFormed() } : { ...part }
}

function joined(content: readonly (JsonObject | Block)[], type: string): string {
  return content
    .filter((part) => part.type === type)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('')
}

function cut(text: string): JsonValue {
  return text.length <= longestText
    ? text.toWellFormed()
    : { cut: true, length: text.length, text: text.slice(0, longestText).toWellFormed() }
}

function cutInput(part: JsonObject | Block): JsonObject {
  const { toolCallId = null, toolName = null, input = '' } = wellFormed(part)
  return { toolCallId, toolName, input: cut(typeof input === 'string' ? input : '') }
}
