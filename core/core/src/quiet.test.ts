import { expect, test, vi } from 'vitest'

import { quiet } from './quiet.ts'

test.each([
  ['at once', (): unknown => JSON.parse('{')],
  ['later, because it is async', (): unknown => Promise.reject(new Error('The screen is gone.'))],
])('a listener may fail %s', async (_, fails) => {
  const listener = vi.fn<(told: string) => unknown>(fails)
  const unhandled = vi.fn<() => void>()
  process.on('unhandledRejection', unhandled)

  quiet(listener)('Half of it is there.')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)

  expect(listener).toHaveBeenCalledExactlyOnceWith('Half of it is there.')
  expect(unhandled).not.toHaveBeenCalled()
})
