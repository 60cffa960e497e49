import { expect, test } from 'vitest'

import { chooseProposer, describeProposer, type Proposer } from './proposer.ts'

const key = 'sk-a-key-that-nobody-may-see'

test.each([
  [{}, {}, 'rules', undefined],
  [{}, { ANTHROPIC_API_KEY: '' }, 'rules', undefined],
  [{}, { OPENAI_API_KEY: key }, 'openai', 'gpt-5.4-nano'],
  [{}, { OPENAI_API_KEY: key, ANTHROPIC_API_KEY: key }, 'anthropic', 'claude-haiku-4-5'],
  [{ provider: 'rules' }, { ANTHROPIC_API_KEY: key }, 'rules', undefined],
  [{ provider: 'grok' }, { ANTHROPIC_API_KEY: key, XAI_API_KEY: key }, 'grok', 'grok-4.3'],
  [{ model: 'gemini-3-pro' }, { GEMINI_API_KEY: key }, 'gemini', 'gemini-3-pro'],
])('%j with the environment %j: %s', (asked, env, provider, model) => {
  const proposer = chooseProposer(asked, env)

  expect(proposer).toMatchObject({ provider, ...(model && { model }) })
  expect(describeProposer(proposer)).toContain(`Proposed by ${model ? provider : 'fixed rules'}`)
  expect(describeProposer(proposer)).not.toContain(key)
})

test.each([
  [{ provider: 'anthropic' }, { OPENAI_API_KEY: key }, /needs its key in ANTHROPIC_API_KEY/],
  [{ provider: 'claude' }, {}, /one of rules, anthropic, openai, gemini, grok/],
  [{ model: 'gpt-5.5' }, {}, /--model needs a model: set ANTHROPIC_API_KEY/],
])('%j with the environment %j is wrong use, and the message says the cure', (asked, env, says) => {
  expect(() => chooseProposer(asked, env)).toThrow(says)
})

test('the output says where the questions go, without the path and the credentials of the address', () => {
  const at = (baseUrl: string): Proposer =>
    chooseProposer({}, { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: baseUrl })

  expect(describeProposer(at(`https://me:${key}@gateway.example:8443/${key}`))).toContain(
    'model claude-haiku-4-5, at gateway.example:8443: ANTHROPIC_API_KEY is set.',
  )
  expect(describeProposer(at(key))).not.toContain(key)
})
