import { LoopError } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { askedPause } from './asked-pause.ts'

test.each([
  [7000, 7000],
  [1500.2, 1501],
  [Infinity, 3_600_000],
  [-1, 0],
  [Number.NaN, 0],
  ['7000', 0],
])(
  'who asks for a pause of %s gets %s milliseconds, which every store can keep',
  (asked, given) => {
    const details = { retryAfterMs: asked }
    expect(askedPause(new LoopError('rate_limited', 'Too much.', { details }))).toBe(given)
    expect(askedPause(new Error('Too much.'))).toBe(0)
  },
)
