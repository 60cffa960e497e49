import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

/** The libraries that a new process loads when it runs a script. */
async function loadedBy(work: string): Promise<readonly string[]> {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context)
        const isLibrary = !/^(\\.|node:|file:|\\/|@loop-engine\\/)/.test(specifier)
        if (isLibrary && !resolved.url.startsWith('node:')) loaded.add(specifier)
        return resolved
      },
    })
    const { createLoopSystem, defineLoop, parseLoop } = await import('@loop-engine/sdk')
    const loop = (change = {}) => ({
      id: 'l', states: [{ id: 'A' }, { id: 'B', terminal: true }], initialState: 'A',
      transitions: [{ id: 'go', from: 'A', to: 'B', actors: ['human'], approval: true, ...change }],
    })
    const open = async (input) => (await createLoopSystem({ loops: [defineLoop(input)] })).close()
    ${work}
    // Always there, and small: two milliseconds.
    loaded.delete('quick-lru')
    console.log(JSON.stringify([...loaded].toSorted()))`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@loop-engine/source', '--input-type=module', '-e', script],
    { cwd: import.meta.dirname, env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1' } },
  )
  return JSON.parse(stdout) as readonly string[]
}

test('a system with valid loops loads no library except its cache', async () => {
  expect(await loadedBy('await open(loop())')).toEqual([])
})

test.each([
  [
    'a definition that is wrong',
    "try { defineLoop(loop({ form: 'A' })) } catch {}",
    ['fastest-levenshtein', 'zod'],
  ],
  ['a definition as text', 'parseLoop(JSON.stringify(loop()))', ['yaml']],
  [
    'an expression',
    "await open(loop({ guards: [{ id: 'g', when: 'true' }] }))",
    ['@marcbachmann/cel-js'],
  ],
])('%s loads what it takes', async (_, work, libraries) => {
  expect(await loadedBy(work)).toEqual(libraries)
})
