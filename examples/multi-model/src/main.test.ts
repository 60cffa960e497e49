import { expect, test } from 'vitest'

import { run } from './main.ts'

test('four vendors decide the same, and the guard stops the one that is not sure', async () => {
  const decided = await run()

  expect(decided.map((text) => text.split('\n')[0])).toEqual([
    'anthropic: approve (0.95) -> executed',
    'openai: approve (0.9) -> executed',
    'gemini: approve (0.85) -> executed',
    'grok: approve (0.6) -> guard_failed',
  ])
})

test('each decision names the requested model, the served model, the prompt and the token counts', async () => {
  for (const text of await run())
    expect(text).toMatch(
      /asked (\S+), answered \1-2026-11-01 as \w+_0001\n {2}prompt [0-9a-f]{12}, 120\+30 tokens/,
    )
})
