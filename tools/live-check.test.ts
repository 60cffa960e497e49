import { startModelServer } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { checkProviders } from './live-check.ts'

test('without keys everything is skipped, and says so', async () => {
  expect(await checkProviders({ env: {} })).toEqual([
    'anthropic: skipped: no ANTHROPIC_API_KEY',
    'openai: skipped: no OPENAI_API_KEY',
    'gemini: skipped: no GEMINI_API_KEY',
    'grok: skipped: no XAI_API_KEY',
    'perplexity: skipped: no PERPLEXITY_API_KEY',
  ])
})

test('with keys each provider is asked once, and no line tells a key or what was said', async () => {
  const openai = await startModelServer({ wire: 'openai-responses' })
  const xai = await startModelServer({ wire: 'xai-responses' })
  const perplexity = await startModelServer({ wire: 'perplexity-agent' })
  const value = { signal: 'even', rationale: 'SAID BY THE MODEL', confidence: 1 }
  openai.reply({ kind: 'decision', value })
  perplexity.reply({
    kind: 'text',
    text: 'SAID BY THE MODEL',
    sources: [{ url: 'https://nodejs.org/', title: 'Node.js' }],
  })

  const lines = await checkProviders({
    env: {
      OPENAI_API_KEY: openai.apiKey,
      LIVE_OPENAI_MODEL: 'gpt-test',
      XAI_API_KEY: 'xai-a-wrong-key',
      PERPLEXITY_API_KEY: perplexity.apiKey,
    },
    baseUrls: {
      openai: openai.baseUrl,
      grok: xai.baseUrl,
      perplexity: perplexity.baseUrl,
    },
  })

  expect(lines.filter((line) => !line.includes('skipped'))).toEqual([
    expect.stringMatching(
      /^openai: pass: gpt-test, even by gpt-test-2026-11-01 in \d+ ms, request req_0001$/,
    ),
    expect.stringMatching(/^grok: fail: grok-4\.3, auth grok refused the key\. /),
    'perplexity: pass: perplexity/sonar, 1 sources, request req_0001',
  ])
  expect(openai.requests.length + perplexity.requests.length).toBe(2)
  for (const secret of [openai.apiKey, 'xai-a-wrong-key', 'SAID BY'])
    expect(lines.join()).not.toContain(secret)
  await Promise.all([openai.close(), xai.close(), perplexity.close()])
})
