import { createContext, Script } from 'node:vm'

import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { serve, type Served } from './served.fixture.ts'

let served: Served
beforeAll(async () => {
  served = await serve()
})
afterAll(() => served.close())

test('the client needs web APIs only', async () => {
  const bundled = await build({
    entryPoints: [`${import.meta.dirname}/index.ts`],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'loops',
    platform: 'browser',
    logLevel: 'silent',
  })
  const [{ text } = { text: '' }] = bundled.outputFiles
  const web = {
    fetch: fetchAtTheEdge,
    URLSearchParams,
    AbortController,
    AbortSignal,
    TextDecoder,
    crypto,
    setTimeout,
    clearTimeout,
  }
  const context = createContext({ ...web, url: served.url, credential: served.key })
  new Script(text).runInContext(context)

  const run = (await new Script(`
    const client = loops.createLoopClient({ baseUrl: url, credential })
    client.instances.start({ loopId: 'refund', aggregateId: 'web' })
      .then(() => client.events({ last: 1 })[Symbol.asyncIterator]().next())
      .then(async ({ value }) => [value.event.subject, (await client.instances.get('web')).currentState])
  `).runInContext(context)) as unknown

  expect(Array.from(run as Iterable<unknown>)).toEqual(['web', 'OPEN'])
  expect(text).not.toMatch(/require\(|node:|Buffer|process\./)
  expect(text.length).toBeLessThan(30_000)
})

/** Edge runtimes, such as Cloudflare's workers, refuse options of `fetch` that they do not support. */
const fetchAtTheEdge: typeof fetch = async (input, init = {}) => {
  const known = ['method', 'headers', 'body', 'redirect', 'signal']
  const strange = Object.keys(init).filter((name) => !known.includes(name))
  if (strange.length > 0) throw new Error(`The field ${strange.join()} is not implemented.`)
  if (init.redirect === 'error') throw new TypeError('Invalid redirect value.')
  return fetch(input, init)
}
