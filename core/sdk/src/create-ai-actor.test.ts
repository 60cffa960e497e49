import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { aiProviders, createAIActor } from './index.ts'

test.each(aiProviders)('%s: its adapter is loaded and given every option', async (provider) => {
  const actor = await createAIActor({ provider, model: 'm-1', apiKey: 'k', agentId: 'agent:a' })

  expect(actor).toMatchObject({ contract: 'provider/v1', name: provider, model: 'm-1' })
  await expect(createAIActor({ provider, model: 'm-1' })).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/apiKey',
  })
})

test.each(aiProviders)('%s: an unknown option is refused by its adapter', async (provider) => {
  // The type lets any through, for what only one adapter takes.
  const onBehalfof = { type: 'human', id: 'alice' }
  const asked = createAIActor({ provider, model: 'm-1', apiKey: 'k', onBehalfof })

  await expect(asked).rejects.toMatchObject({ code: 'invalid_config', path: '/onBehalfof' })
})

test('an option that only one adapter takes reaches it', async () => {
  const asked = createAIActor({
    provider: 'openai',
    model: 'gpt-4o',
    apiKey: 'k',
    reasoningEffort: 'low',
  })

  await expect(asked).rejects.toMatchObject({ code: 'invalid_config', path: '/reasoningEffort' })
})

test.each([
  ['OpenAI', 'Did you mean "openai"?'],
  ['google', 'Did you mean "gemini"?'],
  ['perplexity', 'createPerplexityRetriever'],
  ['toString', 'The providers are anthropic, openai, gemini, grok.'],
])('%s is no provider, and the error says what is', async (provider, hint) => {
  // As JavaScript, or a configuration file, would say it.
  const asked = createAIActor({ provider: provider as 'openai', model: 'm', apiKey: 'k' })

  await expect(asked).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/provider',
    hint: expect.stringContaining(hint),
  })
})

test("an actor of one vendor never loads another vendor's adapter or SDK", () => {
  const loaded = runInNode(`
    const { createAIActor } = await import('@loop-engine/sdk')
    const before = seen.filter((url) => vendors.test(url))
    await createAIActor({ provider: 'anthropic', model: 'm', apiKey: 'k' })
    console.log(JSON.stringify({ before, after: seen.filter((url) => vendors.test(url)) }))
  `)

  expect(loaded.before).toEqual([])
  expect(loaded.after?.some((url) => url.includes('/adapters/anthropic/'))).toBe(true)
  expect(loaded.after?.filter((url) => /openai|gemini|genai|generative|grok/.test(url))).toEqual([])
})

test.each([
  ['openai', 'npm install @loop-engine/adapter-openai openai'],
  ['anthropic', 'npm install @loop-engine/adapter-anthropic @anthropic-ai/sdk'],
] as const)('without the package of %s the error is the command that installs it', (name, hint) => {
  const said = runInNode(`
    missing = '@loop-engine/adapter-${name}'
    const { createAIActor } = await import('@loop-engine/sdk')
    const error = await createAIActor({ provider: '${name}', model: 'm', apiKey: 'k' }).catch((e) => e)
    console.log(JSON.stringify(error))
  `)

  expect(said).toMatchObject({ code: 'invalid_config', path: '/provider', hint })
})

/** Runs a script in a process that records every resolved module and may lack one; returns what the script printed. */
function runInNode(script: string): Record<string, string[]> {
  const prelude = `
    import { registerHooks } from 'node:module'
    const seen = []
    const vendors = /adapters|anthropic-ai|openai|google|genai/
    let missing
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === missing)
          throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
        const found = next(specifier, context)
        seen.push(found.url)
        return found
      },
    })
  `
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=@loop-engine/source',
      '--input-type=module',
      '--eval',
      prelude + script,
    ],
    { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
  )
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, string[]>
}
