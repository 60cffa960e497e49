import { expect, test } from 'vitest'

import { botToken } from './fake-slack.fixture.ts'
import { createSlackChannel } from './index.ts'
import { signingSecret } from './slack-people.fixture.ts'

const wrong = [
  [{ signingSecret: '' }, '/signingSecret'],
  [{ signingSecret: undefined }, '/signingSecret'],
  [{ signingSecret: undefined, appToken: 'xapp-1' }, '/secrets'],
  [{ secrets: ['short'] }, '/secrets'],
  [{ token: '' }, '/token'],
  [{ consoleUrl: 'javascript:alert(1)' }, '/consoleUrl'],
  [{ maxRetries: 10 }, '/maxRetries'],
  [{ timeoutMs: 0 }, '/timeoutMs'],
  // Options that the types would refuse.
  [{ appID: 'A1' }, '/appID'],
  [{ conversation: undefined }, '/conversation'],
  [{ consoleUrl: undefined }, '/consoleUrl'],
  [{ people: 'email' }, '/people'],
  [{ people: { by: 'mail' } }, '/people/by'],
  [{ people: { by: 'table' } }, '/people/table'],
  [{ decide: undefined }, '/decide'],
] as const
for (const [options, path] of wrong) {
  test(`${JSON.stringify(options)} is refused when the channel is made`, () => {
    const right = {
      token: botToken,
      signingSecret,
      conversation: 'C0LOOPS',
      consoleUrl: 'https://loops.example',
      people: { by: 'email' },
      decide: async () => ({ status: 'recorded' }),
    } as const

    expect(() => createSlackChannel({ ...right, ...(options as object) })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path }),
    )
  })
}
