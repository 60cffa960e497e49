import { expect, test } from 'vitest'
import { z } from 'zod'

import { loadLibrary } from './load-library.ts'

test('a library is the one that an import finds', () => {
  const { z: loaded } = loadLibrary('zod', import.meta.url) as { readonly z: typeof z }

  expect(z.object({ name: loaded.string() }).safeParse({ name: 'x' }).success).toBe(true)
})

test.each([
  ['a bundle', import.meta.url],
  // esbuild writes this for `import.meta.url` when the bundle is CommonJS.
  ['a bundle in CommonJS', undefined as unknown as string],
])('one that %s left behind is missed by name, with what to do', (_, from) => {
  expect(() => loadLibrary('left-behind', from)).toThrow(
    expect.objectContaining({
      code: 'invalid_config',
      message: 'The library left-behind could not be loaded.',
      hint: expect.stringContaining('out of a bundle'),
    }),
  )
})
