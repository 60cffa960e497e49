import {
  exportRecords,
  generateNoteSigner,
  readLines,
  verifyExport,
} from '@loop-engine/observability'
import { createMemoryStore } from '@loop-engine/sdk'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { openSystem, pay } from './journey.ts'
import { faultOf } from './second-verifier.ts'

const key = generateNoteSigner('proof.example/log')

/** What somebody does to a file: to a byte of it, or to one of its lines. */
const mutation = fc.record({
  what: fc.constantFrom('flip', 'flip', 'drop', 'double', 'swap', 'cut'),
  place: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bit: fc.integer({ min: 0, max: 6 }),
})
type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

test('a verifier that shares no code with ours agrees with it about an export and 1,000 mutations', async () => {
  const store = createMemoryStore()
  const { system, clock } = await openSystem(store)
  for (const id of ['a', 'b', 'c']) await pay(system, id, clock.advance)
  const lines = exportRecords({
    store,
    tenant: 'default',
    signer: key.signer,
    includeEvidence: true,
  })
  const text = (await Array.fromAsync(lines)).map((line) => `${line}\n`).join('')
  expect(faultOf(text, key.publicKey)).toBeNull()
  expect(await isWhole(text)).toBe(true)

  await fc.assert(
    fc.asyncProperty(mutation, async (how) => {
      const mutated = mutate(text, how)
      fc.pre(mutated !== text)
      expect(faultOf(mutated, key.publicKey)).not.toBeNull()
      expect(await isWhole(mutated)).toBe(false)
    }),
    { numRuns: 1000, seed: 20260106 },
  )
})

async function isWhole(text: string): Promise<boolean> {
  const { ok } = await verifyExport(readLines([Buffer.from(text)]), { keys: [key] })
  return ok
}

function mutate(text: string, { what, place, bit }: Mutation): string {
  if (what === 'flip') {
    const bytes = Buffer.from(text)
    const index = Math.floor(place * (bytes.length - 1))
    bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
    return bytes.toString()
  }
  const lines = text.slice(0, -1).split('\n')
  const index = Math.floor(place * lines.length)
  const line = lines[index] ?? ''
  // The last line break says nothing.
  if (what === 'cut') return text.slice(0, Math.floor(place * (text.length - 1)))
  if (what === 'drop') lines.splice(index, 1)
  if (what === 'double') lines.splice(index, 0, line)
  if (what === 'swap') lines.splice(index, 2, lines[index + 1] ?? '', line)
  return lines.map((each) => `${each}\n`).join('')
}
