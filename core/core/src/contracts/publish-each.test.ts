import { expect, test } from 'vitest'

import { LoopError } from '../errors.ts'
import { publishEach } from './publish-each.ts'

async function publishing(faults: Readonly<Record<string, LoopError>>): Promise<unknown[]> {
  const tried: unknown[] = []
  const published = publishEach(['a', 'b', 'c'], async (event) => {
    tried.push(event)
    if (faults[event]) throw faults[event]
  })
  return published.then(
    () => tried,
    (error: unknown) => [...tried, error],
  )
}

test('what is refused does not keep what follows it, and the first refusal is told', async () => {
  const first = new LoopError('refused', 'The first.')
  const second = new LoopError('refused', 'The second.')

  expect(await publishing({})).toEqual(['a', 'b', 'c'])
  expect(await publishing({ a: first, b: second })).toEqual(['a', 'b', 'c', first])
})

test('what passes holds up what follows, which must not overtake', async () => {
  const refused = new LoopError('refused', 'Never.')
  const away = new LoopError('unavailable', 'Later.')

  expect(await publishing({ a: refused, b: away })).toEqual(['a', 'b', away])
})
