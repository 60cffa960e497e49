import { expect, test } from 'vitest'

import { run } from './main.ts'

test('an answer from a blog is blocked, one from the source is sent, and both are on record with their sources', async () => {
  expect(await run()).toEqual([
    '1 loop.started by system:helpdesk',
    '2 loop.transition.blocked by agent:perplexity ' +
      '[{"title":"My guess about Node.js","url":"https://example.blog/node"}]',
    '3 loop.transition.executed by agent:perplexity ' +
      '[{"title":"Releases","url":"https://nodejs.org/en/about/previous-releases"}]',
    '4 loop.transition.executed by alice',
  ])
})
