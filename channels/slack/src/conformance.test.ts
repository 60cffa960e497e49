import type { ApprovalRequest } from '@loop-engine/core'
import { channelConformance } from '@loop-engine/testing'
import { afterAll } from 'vitest'

import { createCardTokens } from './card/card-token.ts'
import { stateOf } from './fake-slack-payloads.fixture.ts'
import { botToken, textsOf } from './fake-slack.fixture.ts'
import { createRejectForm, reasonBlock } from './forms/forms.ts'
import { createSlackChannel } from './index.ts'
import {
  appId,
  conversation,
  signingSecret,
  startSlackPeople,
  userIdOf,
} from './slack-people.fixture.ts'

const vendor = await startSlackPeople(() => Date.now())
afterAll(() => vendor.close?.())

function payload(request: ApprovalRequest, decision: 'approve' | 'reject', ts: string): object {
  const { tenant, id: requestId, revision, viewHash } = request
  const facts = { tenant, requestId, revision, viewHash, channel: conversation }
  const tokens = createCardTokens([signingSecret])
  const pressed = vendor.press('approve', { requestId, revision, person: 'alice', deliveryId: ts })
  const message_ts = '1767225600.000001'
  if (decision === 'reject') {
    const form = { ...facts, messageTs: message_ts, user: userIdOf('alice') }
    const shown = createRejectForm(tokens.seal('reject-form', form))
    const view = { id: 'V1', ...shown, state: { values: stateOf({ [reasonBlock]: 'no' }) } }
    return { ...pressed, actions: undefined, type: 'view_submission', view }
  }
  return {
    ...pressed,
    container: { channel_id: conversation, message_ts },
    actions: [
      {
        action_id: 'loop:approve',
        value: tokens.seal('approve', facts),
        action_ts: `1767225600.${ts.length}`,
      },
    ],
  }
}

channelConformance({
  name: 'Slack',
  create: (intake) =>
    createSlackChannel({
      token: botToken,
      signingSecret,
      conversation,
      consoleUrl: 'https://loops.example',
      people: { by: 'table', table: { [userIdOf('alice')]: 'alice' } },
      baseUrl: vendor.slack.apiUrl,
      appId,
      decide: intake,
    }),
  sent: () => vendor.slack.messages.flatMap(({ versions }) => textsOf(versions)),
  inbound: {
    genuine: (request, decision, deliveryId) => vendor.sign(payload(request, decision, deliveryId)),
    forged(request) {
      const event = payload(request, 'approve', 'forged')
      const minute = 60_000
      const genuine = vendor.sign(event)
      const headers = Object.fromEntries(genuine.headers)
      return [
        vendor.sign(event, { secret: 'another secret' }),
        vendor.sign(event, { at: Date.now() - 6 * minute }),
        vendor.sign(event, { at: Date.now() + 6 * minute }),
        vendor.sign(event, { at: Date.now() + 24 * 60 * minute }),
        new Request(genuine.url, { method: 'POST', body: 'payload={}', headers }),
        new Request(genuine.url, {
          method: 'POST',
          body: 'payload={}',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        }),
      ]
    },
  },
})
