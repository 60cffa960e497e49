import type { LoopDefinition } from '@loop-engine/core'
import { ExpandableSection } from '@patternfly/react-core'
import { useMemo, type ReactNode } from 'react'

import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'
import { layoutGraph, shorten, type Arrow, type Box } from './layout-graph.ts'

/** What a run did: how often it was in a state and took a transition. */
export interface Path {
  readonly states: ReadonlyMap<string, number>
  readonly transitions: ReadonlyMap<string, number>
  readonly current?: string
}

export interface StateGraphProps {
  readonly definition: LoopDefinition
  readonly path?: Path
}

const nowhere: Path = { states: new Map(), transitions: new Map() }

/** A loop as a graph, the path of a run in it, and the same in words. */
export function StateGraph({ definition, path = nowhere }: StateGraphProps): ReactNode {
  const { width, height, boxes, arrows } = useMemo(() => layoutGraph(definition), [definition])
  const labels = new Map(definition.states.map(({ id, label }) => [id, label ?? id]))
  const terminal = new Set(definition.states.flatMap(({ id, terminal }) => (terminal ? [id] : [])))
  const labelOf = (id: string): string => labels.get(id) ?? id
  return (
    <>
      {/* A region that scrolls must be one that a keyboard can reach. */}
      <div className="graph" role="region" aria-label="Graph of the loop" tabIndex={0}>
        <svg
          role="img"
          aria-label={summaryOf(definition, path, labelOf)}
          viewBox={`0 0 ${width} ${height}`}
          width={width}
          height={height}
        >
          <defs>
            <Head id="arrow" />
            <Head id="arrow-taken" />
          </defs>
          {arrows.map((arrow) => (
            <Line key={arrow.id} arrow={arrow} isTaken={path.transitions.has(arrow.id)} />
          ))}
          {boxes.map((box) => (
            <State
              key={box.id}
              box={box}
              name={labelOf(box.id)}
              isTerminal={terminal.has(box.id)}
              isVisited={path.states.has(box.id)}
              isCurrent={path.current === box.id}
            />
          ))}
        </svg>
      </div>
      <ExpandableSection toggleText="The graph in words">
        <ul>
          {definition.transitions.map(({ id, from, to, actors, approval }) => (
            <li key={id}>
              <Shown text={`${labelOf(from)} → ${labelOf(to)}: ${id}`} />, by {actors.join(', ')}
              {approval && ', with approval'}
              {path.transitions.has(id) && <strong>, taken {path.transitions.get(id)}×</strong>}
            </li>
          ))}
        </ul>
      </ExpandableSection>
    </>
  )
}

function Head({ id }: { readonly id: string }): ReactNode {
  return (
    <marker
      id={id}
      className={id}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerUnits="userSpaceOnUse"
      markerWidth="9"
      markerHeight="9"
      orient="auto"
    >
      <path d="M0 0 8 4 0 8z" />
    </marker>
  )
}

function State({
  box: { x, y, width, height },
  name,
  isTerminal,
  isVisited,
  isCurrent,
}: {
  readonly box: Box
  readonly name: string
  readonly isTerminal: boolean
  readonly isVisited: boolean
  readonly isCurrent: boolean
}): ReactNode {
  const kind = [
    'state',
    isVisited && 'visited',
    isCurrent && 'current',
    isTerminal && 'terminal',
  ].filter(Boolean)
  return (
    <g className={kind.join(' ')}>
      <rect x={x - width / 2} y={y - height / 2} width={width} height={height} rx={8} />
      <text x={x} y={y + 4.5} textAnchor="middle">
        {shorten(spellOut(name))}
      </text>
    </g>
  )
}

function Line({
  arrow: { id, line, label },
  isTaken,
}: {
  readonly arrow: Arrow
  readonly isTaken: boolean
}): ReactNode {
  return (
    <g className={isTaken ? 'transition taken' : 'transition'}>
      <path d={line} markerEnd={isTaken ? 'url(#arrow-taken)' : 'url(#arrow)'} />
      <text x={label.x} y={label.y + 4} textAnchor="middle">
        {shorten(spellOut(id))}
      </text>
    </g>
  )
}

function summaryOf(
  { name, states, transitions }: LoopDefinition,
  { current, states: visited }: Path,
  labelOf: (id: string) => string,
): string {
  const size = `${states.length} states, ${transitions.length} transitions`
  const way = [...visited.keys()].map(labelOf).join(', ')
  const run = current === undefined ? '' : ` The run was in ${way}; it is in ${labelOf(current)}.`
  return spellOut(`${name}: ${size}.${run}`)
}
