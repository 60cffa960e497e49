import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test, vi } from 'vitest'

import { run } from './main.ts'

test('Claude recommends, the guard lets it pass, and the loop waits for a buyer', async () => {
  vi.stubEnv('ANTHROPIC_API_KEY', '')

  expect(await run()).toEqual([
    '1 loop.started by system:intake in pending_analysis',
    '2 loop.transition.executed by agent:anthropic in pending_buyer',
  ])
  vi.unstubAllEnvs()
})

test('the program is the text of the documentation, with only the loop inserted', () => {
  const read = (...path: string[]) => readFileSync(join(import.meta.dirname, ...path), 'utf8')
  const [, shown] = /```ts\n(.*?)```/s.exec(read('..', 'README.md')) ?? []

  const lines = read('end-to-end.ts').split('\n')
  const kept = lines.filter((line) => !line.endsWith('// added')).join('\n')

  expect(kept.replace('loop */ procurement]', 'loop */]')).toBe(shown)
})
