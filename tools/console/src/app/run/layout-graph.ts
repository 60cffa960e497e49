import { Graph, layout } from '@dagrejs/dagre'
import type { LoopDefinition } from '@loop-engine/core'

interface Point {
  readonly x: number
  readonly y: number
}

export interface Box extends Point {
  readonly id: string
  readonly width: number
  readonly height: number
}

export interface Arrow {
  readonly id: string
  readonly from: string
  readonly to: string
  /** How the line runs, as SVG has it. */
  readonly line: string
  /** Where its name stands. */
  readonly label: Point
}

export interface GraphLayout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
}

/** Room for a character of the font in which names are drawn. */
const characterWidth = 7.5
const longest = 28

export function shorten(name: string): string {
  return name.length <= longest ? name : `${name.slice(0, longest - 1)}…`
}

const widthOf = (name: string): number => shorten(name).length * characterWidth

/** Places states and transitions; the same definition is always drawn alike. */
export function layoutGraph(definition: LoopDefinition): GraphLayout {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'TB', nodesep: 40, ranksep: 36, edgesep: 20, marginx: 12, marginy: 12 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, label } of definition.states)
    graph.setNode(id, { width: Math.max(80, widthOf(label ?? id) + 32), height: 40 })
  for (const { id, from, to } of definition.transitions)
    graph.setEdge(from, to, { width: widthOf(id), height: 16, labelpos: 'c' }, id)
  layout(graph)
  const { width = 0, height = 0 } = graph.graph() as Partial<Record<'width' | 'height', number>>
  const boxes = definition.states.map(({ id }) => ({
    id,
    ...(graph.node(id) as Omit<Box, 'id'>),
  }))
  const boxOf = new Map(boxes.map((box) => [box.id, box]))
  return {
    width,
    height,
    boxes,
    arrows: definition.transitions.map(({ id, from, to }) => {
      const { points, x, y } = graph.edge(from, to, id) as Point & { points: readonly Point[] }
      const box = from === to ? boxOf.get(from) : undefined
      return { id, from, to, line: box ? around(box, x) : through(points), label: { x, y } }
    }),
  }
}

function through(points: readonly Point[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
}

/** Out of a state and back into it, by way of its name at its right. */
function around({ x, y, width }: Box, labelX: number): string {
  const right = x + width / 2
  const bend = (labelX - right / 4) / 0.75
  return `M${right} ${y - 10}C${bend} ${y - 24} ${bend} ${y + 24} ${right} ${y + 10}`
}
