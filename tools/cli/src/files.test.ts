import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, expect, test } from 'vitest'

import { exitCodesText } from './exit-codes.ts'
import { createTestWorkshop } from './workshop.fixture.ts'

const { folder, loop, remove } = createTestWorkshop()
afterAll(remove)

test('init writes a loop that is valid and can be drawn', async () => {
  const init = await loop('init', 'first.yaml')
  const validate = await loop('validate', 'first.yaml', '--json')
  const graph = await loop('graph', 'first.yaml')

  expect(init).toMatchObject({ code: 0, err: '' })
  expect(init.out).toContain('loop validate first.yaml')
  expect(JSON.parse(validate.out)).toEqual([
    { file: 'first.yaml', valid: true, loopId: 'refund', version: '1.0.0' },
  ])
  expect(graph.out).toContain('stateDiagram-v2')
})

test('init writes JSON if the name of the file ends in .json', async () => {
  await loop('init', 'first.json')

  expect(await loop('validate', 'first.json')).toMatchObject({ code: 0, err: '' })
})

test('the commands that init suggests can be run for a file name with a space', async () => {
  const { out } = await loop('init', "what's next.yaml")

  expect(out).toContain(`loop validate 'what'\\''s next.yaml'\n`)
})

test('init replaces a file only with --force', async () => {
  writeFileSync(join(folder, 'mine.yaml'), 'mine')

  const refused = await loop('init', 'mine.yaml')

  expect(refused.code).toBe(3)
  expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toBe('mine')
  expect(await loop('init', 'mine.yaml', '--force', '--json')).toMatchObject({ code: 0 })
})

test('an error about a file that cannot be read or written says why', async () => {
  const why = async (...words: string[]): Promise<string> => (await loop(...words)).err
  await loop('init', 'whole.yaml')
  const folderIsMissing = 'hint There is no folder away: make it first.'

  expect(await why('init', 'away/loop.yaml')).toContain(folderIsMissing)
  expect(await why('graph', 'whole.yaml', '-o', 'away/loop.mmd')).toContain(folderIsMissing)
  expect(await why('init', '.', '--force')).toContain('hint It is a folder: name a file in it.')
  expect(await why('graph', '.')).toContain('hint It is a folder: name a file in it.')
  expect(await why('graph', 'whole.yaml/x')).toContain('hint A folder above it is a file.')
})

// Only Linux has a disk that is always full.
test.skipIf(process.platform !== 'linux')('a file for which there is no room says so', async () => {
  const { code, err } = await loop('init', '/dev/full', '--force')

  expect(code).toBe(1)
  expect(err).toContain('hint There is no room on its disk: make some.')
})

test('validate names every problem with its line, and fails', async () => {
  const text = [
    'id: bad',
    'states: [{ id: A }, { id: B, terminal: true }]',
    'initialState: A',
    'transitions:',
    '  - id: go',
    '    from: A',
    '    to: B',
    '    actors: [human]',
    '    guards: [{ id: no-such-guard }]',
    '    approval: { when: "evidence.(", reviewers: [alice], expiresIn: 1h }',
  ].join('\n')
  writeFileSync(join(folder, 'bad.yaml'), text)

  const { code, out } = await loop('validate', 'bad.yaml')
  const own = await loop('validate', 'bad.yaml', '--guard', 'no-such-guard', '--json')

  expect(code).toBe(1)
  expect(out).toContain('wrong bad.yaml')
  expect(out).toMatch(/9:\d+ .*no-such-guard/)
  expect(out).toMatch(/10:\d+ The expression does not compile: Expected IDENTIFIER/)
  expect(JSON.parse(own.out)[0].problems).toHaveLength(1)
})

test('validate says which file is missing', async () => {
  const { code, err } = await loop('validate', 'nowhere.yaml')

  expect(code).toBe(4)
  expect(err).toContain('The file nowhere.yaml does not exist.')
})

test('validate reports on the files that it can read, and names those that it cannot read', async () => {
  await loop('init', 'good.yaml', '--force')
  writeFileSync(join(folder, 'worse.yaml'), 'id: worse')
  const files = ['good.yaml', 'nowhere.yaml', 'worse.yaml', '.', 'no-more.yaml']

  const { code, out, err } = await loop('validate', ...files)

  expect(code).toBe(4)
  expect(out).toContain('ok    good.yaml')
  expect(out).toContain('wrong worse.yaml')
  for (const unread of ['nowhere.yaml does not exist', '. cannot be read', 'no-more.yaml does not'])
    expect(err).toContain(`The file ${unread}`)
})

test.each(['latin1', 'utf16le'] as const)('validate refuses a file in %s', async (encoding) => {
  await loop('init', 'utf8.yaml', '--force')
  const text = readFileSync(join(folder, 'utf8.yaml'), 'utf8').replace('Refund', 'Rückerstattung')
  writeFileSync(join(folder, 'other.yaml'), Buffer.from(`\uFEFF${text}`, encoding))
  const { code, err } = await loop('validate', 'other.yaml')

  expect(code).toBe(1)
  expect(err).toContain('The file other.yaml is not UTF-8.')
})

test('graph draws SVG and DOT to a file', async () => {
  await loop('init', 'drawn.yaml')

  const svg = await loop('graph', 'drawn.yaml', '--format', 'svg', '-o', 'drawn.svg')
  const dot = await loop('graph', 'drawn.yaml', '--format', 'dot', '--json')

  expect(svg).toMatchObject({ code: 0, err: '' })
  expect(readFileSync(join(folder, 'drawn.svg'), 'utf8')).toContain('</svg>')
  expect(JSON.parse(dot.out)).toMatchObject({ loopId: 'refund', format: 'dot' })
})

test('a drawing of many steps is no wider than a page', async () => {
  const states = Array.from({ length: 40 }, (_, index) => `STEP_WITH_A_LONG_NAME_${index}`)
  const transitions = states
    .slice(1)
    .map((to, index) => ({ id: `go-${index}`, from: states[index], to, actors: ['automation'] }))
  const last = { id: 'END', terminal: true }
  const end = { id: 'end', from: states.at(-1), to: 'END', actors: ['automation'] }
  const steps = {
    id: 'steps',
    states: [...states.map((id) => ({ id })), last],
    initialState: states[0],
    transitions: [...transitions, end],
  }
  writeFileSync(join(folder, 'steps.json'), JSON.stringify(steps))

  const { out } = await loop('graph', 'steps.json', '--format', 'svg')

  expect(Number(/<svg width="(\d+)pt"/.exec(out)?.[1])).toBeLessThan(800)
})

test('wrong use has an exit code of its own', async () => {
  const cases = [
    [],
    ['nonsense'],
    ['graph'],
    ['list', '--limit', '0'],
    ['stop', '--reason', 'x'],
    ['reject', 'x'],
  ]

  const codes = await Promise.all(cases.map(async (args) => (await loop(...args)).code))

  expect(codes).toEqual(cases.map(() => 2))
})

test('help names every exit code', async () => {
  const { code, out } = await loop('--help')

  expect(code).toBe(0)
  expect(out).toMatch(/Exit codes:\n {2}0 {2}done[\s\S]*5 {2}the record does not verify/)
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
  const told = [...exitCodesText.matchAll(/^ {2}(\d) {2}(.+)$/gm)]
  expect([...readme.matchAll(/^\| (\d) +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells)).toEqual(
    told.map(([, ...cells]) => cells),
  )
})

test('a command that looks at a missing database is refused', async () => {
  const { code, err } = await loop('list')

  expect(code).toBe(4)
  expect(err).toContain('There is no database at .loop/loop.db.')
})

test('the password of a database is never printed', async () => {
  const { code, out, err } = await loop(
    'list',
    '--postgres',
    'postgres://me:hunter22@127.0.0.1:1/x',
    '--debug',
    '--json',
  )

  expect(code).toBe(1)
  expect(JSON.parse(err)).toMatchObject({
    error: { code: 'unavailable' },
    stack: expect.stringContaining('LoopError: '),
  })
  expect(out + err).not.toContain('hunter22')
})
