import { expect, test } from 'vitest'

import { defineLoop } from './define-loop.ts'
import { toDot, toMermaid } from './graph.ts'

const loop = defineLoop({
  id: 'expense',
  states: [
    { id: 'OPEN', label: 'Open; "new": <b>' },
    { id: 'end', terminal: true, error: true },
  ],
  initialState: 'OPEN',
  transitions: [
    { id: 'go', from: 'OPEN', to: 'end', actors: ['human'], guards: ['limit'], approval: true },
  ],
})

test('Mermaid: states are numbered and texts escaped, so that no name is read as syntax', () => {
  expect(toMermaid(loop, { path: ['OPEN', 'nowhere', 'OPEN'] })).toBe(`stateDiagram-v2
  state "Open#59; #34;new#34;#58; #60;b#62;" as s0
  state "end" as s1
  [*] --> s0
  s0 --> s1 : go (human, 1 guard, approval)
  s1 --> [*]
  classDef visited stroke-width:3px
  class s0 visited
`)
})

test('DOT: terminal states have two borders, error states are red, the path is bold', () => {
  expect(toDot(loop, { path: ['end'] })).toBe(`digraph "expense" {
  node [shape=box, style=rounded]
  "" [shape=point]
  "OPEN" [label="Open; \\"new\\": <b>"]
  "end" [label="end", peripheries=2, color=red, penwidth=3]
  "" -> "OPEN"
  "OPEN" -> "end" [label=" go (human, 1 guard, approval) "]
}
`)
})

test('invisible characters of a label are spelled out, and an empty label gives way to the id', () => {
  const odd = defineLoop({
    id: 'odd',
    states: [
      { id: 'A', label: 'a\u0000\u0007\u202E\uFFFE &amp; \n b' },
      { id: 'B', label: ' \t', terminal: true },
    ],
    initialState: 'A',
    transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human'] }],
  })

  expect(toDot(odd)).toContain(
    '"A" [label="a<U+0000><U+0007><U+202E>\uFFFD &amp;amp; b"]\n  "B" [label="B", ',
  )
  expect(toMermaid(odd)).toMatch(/"a#60;U#43;0000#62;[^"]* b" as s0\n {2}state "B" as s1\n/)
})
