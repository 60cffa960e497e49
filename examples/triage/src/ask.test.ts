import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

import { expect, test } from 'vitest'

import { askPerson } from './ask.ts'
import type { Answer, Reviews } from './reviews.ts'

/** One waiting matter, and a person who presses these keys, each once the words before it are on the screen. */
function sit(
  remediation: string,
  presses: readonly (readonly [string, string | (() => void)])[],
  columns = 120,
) {
  const answers: Answer[] = []
  const reviews: Reviews = {
    waiting: async () => [
      {
        key: 'code_scanning_alert:octo-org/octo-repo#1:java/sql-injection',
        evidence: { remediation, title: 'Leak' },
        because: 'It is.',
      },
    ],
    answer: async (_item, answer) => {
      answers.push(answer)
      return null
    },
  }
  const input = new PassThrough()
  const output = Object.assign(new PassThrough(), { columns, rows: 40 })
  const left = [...presses]
  let [screen, unread] = ['', '']
  output.on('data', (chunk: Buffer) => {
    screen += chunk.toString()
    unread += chunk.toString()
    const [next] = left
    if (!next || !unread.includes(next[0])) return
    left.shift()
    unread = ''
    // A prompt listens only after it has been drawn.
    setImmediate(() => (typeof next[1] === 'string' ? input.write(next[1]) : next[1]()))
  })
  return { reviews, input, output, answers, screen: () => screen }
}

const [down, enter] = ['\u001b[B', '\r']

test('when the job is told to end while it asks, it asks no more and nothing is decided', async () => {
  const stopping = new AbortController()
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', () => stopping.abort()],
  ])

  await askPerson(reviews, { ...terminal, signal: stopping.signal })

  expect(answers).toEqual([])
  expect(terminal.screen()).toContain('start again to go on')
})

test('when the job is told to end while it asks for a reason, it does not repeat the question', async () => {
  const stopping = new AbortController()
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', `${down}${down}${enter}`],
    ['Why?', () => stopping.abort()],
  ])

  await askPerson(reviews, { ...terminal, signal: stopping.signal })

  expect(answers).toEqual([])
})

test('Ctrl-D ends the questions, like quitting', async () => {
  const { reviews, answers, ...terminal } = sit('open_ticket', [['What shall happen?', '\u0004']])

  await askPerson(reviews, terminal)

  expect(answers).toEqual([])
  expect(terminal.screen()).toContain('start again to go on')
})

test.each([
  ['open_ticket', 'Approve: file the ticket'],
  ['dismiss', 'Approve: dismiss it, no ticket'],
])('who approves a proposal to %s reads what that does', async (remediation, label) => {
  const { reviews, answers, ...terminal } = sit(remediation, [
    ['What shall happen?', `${down}${enter}`],
  ])

  await askPerson(reviews, terminal)

  expect(terminal.screen()).toContain(label)
  expect(answers).toEqual([{ kind: 'approve' }])
})

test('editing asks for each part of the proposal, and showing the evidence asks the question again', async () => {
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', enter],
    ['remediation: open_ticket', () => undefined],
    ['What shall happen?', `${down}${down}${down}${enter}`],
    ['Severity', `${down}${enter}`],
    ['Remediation', enter],
    ['Title', `!${enter}`],
  ])

  await askPerson(reviews, terminal)

  const evidence = { severity: 'medium', remediation: 'open_ticket', title: 'Leak!' }
  expect(answers).toMatchObject([{ kind: 'edit', evidence }])
})

test('an empty title is refused with a message, and no ticket is filed', async () => {
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', `${down}${down}${down}${enter}`],
    ['Severity', enter],
    ['Remediation', enter],
    ['Title', `${'\u007f'.repeat(4)}  ${enter}`],
    ['A ticket needs a title.', `New${enter}`],
  ])

  await askPerson(reviews, terminal)

  expect(answers).toMatchObject([{ kind: 'edit', evidence: { title: 'New' } }])
})

test('rejecting a proposal asks for a reason', async () => {
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', `${down}${down}${enter}`],
    ['Why?', `Known${enter}`],
  ])

  await askPerson(reviews, terminal)

  expect(answers).toEqual([{ kind: 'reject', reason: 'Known' }])
})

test('one Enter too many approves nothing', async () => {
  const { reviews, answers, ...terminal } = sit('open_ticket', [
    ['What shall happen?', enter],
    ['What shall happen?', '\u0004'],
  ])

  await askPerson(reviews, terminal)

  expect(answers).toEqual([])
})

test('a waiting matter fits a narrow terminal', async () => {
  const {
    reviews,
    answers: _,
    ...terminal
  } = sit('open_ticket', [['What shall happen?', '\u0004']], 50)

  await askPerson(reviews, terminal)

  const [asked = ''] = stripVTControlCharacters(terminal.screen()).split('What shall happen?')
  expect(asked.replaceAll(/[\s│]/g, '')).toContain('octo-repo#1:java/sql-injection')
  expect(Math.max(...asked.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50)
})
