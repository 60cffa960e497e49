import { LoopError } from '@loop-engine/core'
import type { ASTNode } from '@marcbachmann/cel-js'

/** How the steps of an expression grow with its input. */
export interface ExpressionCost {
  /** Steps grow with the size of the widest input to this power. */
  readonly degree: number
  /** Whether each step may copy a whole list: `+` between lists. */
  readonly copies: boolean
  /** Whether its values may grow from one comprehension to the next, because their bodies build lists or maps. */
  readonly builds: boolean
  /** Whether each step may compare one whole list with another. */
  readonly compares: boolean
  /** Why the expression is not accepted at all. */
  readonly refused?: string
}

const comprehensions = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const scans = new Set([
  'contains',
  'startsWith',
  'endsWith',
  'indexOf',
  'lastIndexOf',
  'substring',
  'lowerAscii',
  'upperAscii',
  'trim',
  'size',
])
const comparisons = new Set<string>(['==', '!=', 'in'])
const refusals: Readonly<Record<string, string>> = {
  matches:
    'matches() is not available: a pattern can take exponential time. Use startsWith, endsWith or contains.',
  bind: 'cel.bind() is not available: it can double its value at every step.',
  split: 'split() is not available.',
  join: 'join() is not available.',
  json: 'json() is not available.',
  bytes: 'bytes() is not available.',
}

const charactersPerElement = 64
const maxSteps = 4_000_000
const maxCopied = 8_000_000
const maxDegree = 2
const maxComprehensions = 8
const maxGrowing = 8
/** Comparing lists up to this width takes no time worth limiting. */
const narrow = 256

/**
 * Measures what an expression may cost, before it runs. CEL always ends, but nested comprehensions may end late, and `+`
 * inside them may make the input of the next one larger.
 */
export function measureExpression(root: ASTNode): ExpressionCost {
  let total = 0
  let growing = 0
  let copies = false
  let built = 0
  let compares = false
  let refused: string | undefined

  const visit = (node: ASTNode, inside: boolean): number => {
    const called = calledName(node)
    if (called !== undefined && Object.hasOwn(refusals, called)) refused ??= refusals[called]
    const loops = node.op === 'rcall' && comprehensions.has(called ?? '')
    if (loops) total += 1
    if (inside && node.op === '+') {
      growing += 1
      copies ||= !childrenOf(node).some(isNumber)
    }
    if (inside && (node.op === 'list' || node.op === 'map')) built += 1
    if (inside && comparisons.has(node.op))
      compares ||= !childrenOf(node).some(({ op }) => op === 'value')
    const scanning = inside && (node.op === 'in' || (called !== undefined && scans.has(called)))
    const parts = childrenOf(node).map((child, index) =>
      visit(child, inside || (loops && index > 0)),
    )
    if (!loops) return Math.max(0, ...parts) + (scanning ? 1 : 0)
    return Math.max(parts[0] ?? 0, 1 + Math.max(0, ...parts.slice(1)))
  }

  const degree = visit(root, false)
  if (degree > maxDegree)
    refused ??= 'Comprehensions are nested too deeply; two levels are the most.'
  if (total > maxComprehensions)
    refused ??= `There are more than ${maxComprehensions} comprehensions.`
  if (growing > maxGrowing)
    refused ??= `There are more than ${maxGrowing} additions inside comprehensions.`
  const builds = built > 1
  return { degree, copies, builds, compares, ...(refused !== undefined && { refused }) }
}

type Inputs = Readonly<Record<'evidence' | 'actor' | 'instance', unknown>>

/** Throws `too_large` for data in which an expression of this cost would take too many steps. */
export function refuseCostly(cost: ExpressionCost, { evidence, actor, instance }: Inputs): void {
  if (cost.degree === 0) return
  const limit = sizeLimit(cost)
  if ([evidence, actor, instance].every((input) => widest(input, limit) <= limit)) return
  throw new LoopError('too_large', 'An expression would take too many steps for this input.', {
    path: '/evidence',
    hint: 'Attach shorter lists, or nest fewer all(), exists(), map() and filter().',
    details: { limit },
  })
}

/** Whether an expression of this cost needs a time limit, because the width of its input does not bound its time. */
export function mayTakeLong(cost: ExpressionCost, inputs: Inputs): boolean {
  if (cost.builds || !cost.compares) return cost.builds
  return [inputs.evidence, inputs.actor, inputs.instance].some(
    (input) => widest(input, narrow) > narrow,
  )
}

/** How wide an input may be for an expression of this cost. */
function sizeLimit({ degree, copies }: ExpressionCost): number {
  const limit = Math.floor(maxSteps ** (1 / degree))
  return copies ? Math.min(limit, Math.floor(maxCopied ** (1 / (degree + 1)))) : limit
}

/** The widest list, map or text of JSON data, in elements; it stops looking beyond `limit`. */
function widest(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length / charactersPerElement
  if (typeof value !== 'object' || value === null) return 0
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  let found = parts.length
  for (const part of parts) {
    if (found > limit) return found
    found = Math.max(found, widest(part, limit))
  }
  return found
}

/** Whether a node is surely a number; then `+` adds numbers and copies no list. */
function isNumber({ op, args }: ASTNode): boolean {
  const literal = typeof args === 'number' || typeof args === 'bigint'
  return (op === 'value' && literal) || op === '-' || op === '*' || op === '/' || op === '%'
}

function calledName(node: ASTNode): string | undefined {
  return node.op === 'call' || node.op === 'rcall' ? node.args[0] : undefined
}

function childrenOf({ args }: ASTNode): readonly ASTNode[] {
  const parts: readonly unknown[] = Array.isArray(args) ? args.flat(2) : [args]
  return parts.filter(
    (part): part is ASTNode => typeof part === 'object' && part !== null && 'op' in part,
  )
}
