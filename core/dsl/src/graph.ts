import { spellOut, type LoopDefinition, type State, type Transition } from '@loop-engine/core'

export interface GraphOptions {
  /** The states that a run went through; they are highlighted. */
  readonly path?: readonly string[]
}

/** Draws a loop as a Mermaid state diagram, as GitHub renders it. */
export function toMermaid(definition: LoopDefinition, { path = [] }: GraphOptions = {}): string {
  // Mermaid reads `end` and punctuation in a name as syntax, so
  // a state has a number as its name and its title as a label.
  const names = new Map(definition.states.map(({ id }, index) => [id, `s${index}`]))
  const name = (id: string): string => names.get(id) ?? 'unknown'
  const visited = [...new Set(path)].filter((id) => names.has(id)).map(name)
  return [
    'stateDiagram-v2',
    ...definition.states.map(
      (state) => `  state "${entities(titleOf(state))}" as ${name(state.id)}`,
    ),
    `  [*] --> ${name(definition.initialState)}`,
    ...definition.transitions.map(
      (transition) =>
        `  ${name(transition.from)} --> ${name(transition.to)} : ${entities(caption(transition))}`,
    ),
    ...definition.states
      .filter(({ terminal }) => terminal)
      .map(({ id }) => `  ${name(id)} --> [*]`),
    ...(visited.length > 0
      ? ['  classDef visited stroke-width:3px', `  class ${visited.join(',')} visited`]
      : []),
    '',
  ].join('\n')
}

/**
 * Draws a loop in the DOT language of Graphviz, from top to
 * bottom: side by side, many long names would not fit a screen.
 */
export function toDot(definition: LoopDefinition, { path = [] }: GraphOptions = {}): string {
  const visited = new Set(path)
  return [
    `digraph ${quote(definition.id)} {`,
    '  node [shape=box, style=rounded]',
    '  "" [shape=point]',
    ...definition.states.map((state) => {
      const { id, terminal, error } = state
      const attributes = [
        `label=${quote(titleOf(state))}`,
        ...(terminal ? ['peripheries=2'] : []),
        ...(error ? ['color=red'] : []),
        ...(visited.has(id) ? ['penwidth=3'] : []),
      ]
      return `  ${quote(id)} [${attributes.join(', ')}]`
    }),
    `  "" -> ${quote(definition.initialState)}`,
    ...definition.transitions.map(
      (transition) =>
        `  ${quote(transition.from)} -> ${quote(transition.to)} [label=${quote(` ${caption(transition)} `)}]`,
    ),
    '}',
    '',
  ].join('\n')
}

function caption({ id, actors, guards, approval }: Transition): string {
  const judged = guards.length > 0 ? `, ${guards.length} guard${guards.length > 1 ? 's' : ''}` : ''
  return `${id} (${actors.join(', ')}${judged}${approval ? ', approval' : ''})`
}

/**
 * The title of a state, on one line. Invisible characters are
 * spelled out, because neither a picture nor XML can hold them.
 */
function titleOf({ id, label = id }: State): string {
  const line = spellOut(label.replaceAll(/\s+/g, ' ').trim())
  return line.replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD') || id
}

function entities(text: string): string {
  return text.replaceAll(/[^\p{L}\p{M}\p{N} .,_\-()/]/gu, (char) => `#${char.codePointAt(0)};`)
}

/** A DOT string. `&` is escaped because Graphviz reads HTML entities in it. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;')}"`
}
