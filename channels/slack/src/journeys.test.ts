import {
  createAuthority,
  createIntake,
  createLoopSystem,
  createMemoryStore,
} from '@loop-engine/sdk'
import { channelJourneys } from '@loop-engine/testing'

import { botToken } from './fake-slack.fixture.ts'
import { createSlackChannel } from './index.ts'
import {
  conversation,
  signingSecret,
  startSlackPeople,
  type SlackPeopleAtWork,
} from './slack-people.fixture.ts'

channelJourneys<SlackPeopleAtWork>({
  name: 'Slack',
  createVendor: (clock) => startSlackPeople(() => clock.now()),
  create({ clock, decide }, vendor) {
    const channel = vendor.attach(
      createSlackChannel({
        token: botToken,
        signingSecret,
        conversation,
        consoleUrl: 'https://loops.example',
        people: {
          by: 'email',
          principalOf: (email) => /^(\w+)@example\.com$/.exec(email)?.[1] ?? null,
        },
        baseUrl: vendor.slack.apiUrl,
        maxRetries: 0,
        clock,
        decide,
      }),
    )
    return { channel, settled: () => channel.settled(), close: () => channel.close() }
  },
  createSystem: async (options) =>
    createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
  createIntake: (options) => createIntake(options as Parameters<typeof createIntake>[0]),
  createAuthority,
  createStore: () => createMemoryStore(),
  assurance: 'slack',
  windowMs: 300_000,
})
