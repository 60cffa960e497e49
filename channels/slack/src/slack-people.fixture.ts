import { createHmac } from 'node:crypto'

import type { ChannelVendor, Click } from '@loop-engine/testing'

import { noticesOf, stateOf, tokenOf, tsOf, type Values } from './fake-slack-payloads.fixture.ts'
import {
  home,
  startFakeSlack,
  textsOf,
  type FakeSlack,
  type MessageVersion,
} from './fake-slack.fixture.ts'
import type { SlackChannel } from './slack.ts'

export const signingSecret = 'the signing secret of this app'
const endpoint = 'https://loops.example/slack/events'
export const conversation = 'C0LOOPS'
export const appId = 'A0LOOP'

/** People who click in a fake Slack: their events are signed as Slack signs them. */
export interface SlackPeopleAtWork extends ChannelVendor {
  readonly slack: FakeSlack
  /** The channel that receives the clicks with which forms are opened. */
  attach(channel: SlackChannel): SlackChannel
  sign(payload: object, options?: { readonly at?: number; readonly secret?: string }): Request
  press(action: 'approve' | 'reject' | 'edit', click: Pressed): object
  submit(view: { readonly id: string; readonly user: string }, values: Values): object
}
export type Pressed = Pick<Click, 'requestId' | 'revision' | 'deliveryId'> & {
  readonly person: string
  readonly change?: object
}

export const userIdOf = (person: string): string => `U${person.toUpperCase()}`

export function member(id: string, email: string, change: object = {}): object {
  return { id, team_id: home, is_email_confirmed: true, profile: { email }, ...change }
}

export async function startSlackPeople(now: () => number): Promise<SlackPeopleAtWork> {
  const slack = await startFakeSlack()
  for (const person of ['alice', 'bob', 'mallory', 'owner'])
    slack.users.set(userIdOf(person), member(userIdOf(person), `${person}@example.com`))
  slack.users.set('USTRANGER', member('USTRANGER', 'stranger@elsewhere.example'))
  /** What was typed into a form. */
  const inForms: string[] = []
  const forms = new Map<string, object>()
  let channel: SlackChannel | undefined
  let triggers = 0

  const versions = (requestId: string): { ts: string; version: MessageVersion }[] =>
    slack.messages.flatMap(({ ts, versions: all }) =>
      all
        .filter(({ metadata }) => metadata?.event_payload.request_id === requestId)
        .map((version) => ({ ts, version })),
    )

  const vendor: SlackPeopleAtWork = {
    slack,
    attach(open) {
      channel = {
        ...open,
        async handle(request) {
          const response = await open.handle(request)
          const text = await response.clone().text()
          if (text.includes('response_action') && !text.includes('"clear"')) inForms.push(text)
          return response
        },
      }
      return channel
    },
    sign(payload, { at = now(), secret = signingSecret } = {}) {
      const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
      const stamp = String(Math.floor(at / 1000))
      const hash = createHmac('sha256', secret).update(`v0:${stamp}:${body}`).digest('hex')
      return new Request(endpoint, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
          'x-slack-request-timestamp': stamp,
          'x-slack-signature': `v0=${hash}`,
        },
      })
    },
    press(action, { requestId, revision, person, deliveryId, change }) {
      // A stale client still shows the buttons of an earlier version of the card.
      const shown = versions(requestId).find(
        ({ version }) =>
          version.metadata?.event_payload.revision === revision && tokenOf(version, action),
      )
      return {
        type: 'block_actions',
        api_app_id: appId,
        team: { id: slack.workspace.team_id },
        user: { id: userIdOf(person), team_id: slack.workspace.team_id },
        trigger_id: `trigger-${++triggers}`,
        container: {
          type: 'message',
          channel_id: conversation,
          message_ts: shown?.ts ?? '1767225600.999999',
        },
        actions: [
          {
            type: 'button',
            action_id: `loop:${action}`,
            block_id: 'loop',
            value: shown ? tokenOf(shown.version, action) : 'garbage',
            action_ts: tsOf(deliveryId),
          },
        ],
        ...change,
      }
    },
    submit({ id, user }, values) {
      const view = slack.views.find((opened) => opened.id === id)
      // A slow client may still send a form that was replaced meanwhile.
      const form = view?.versions.findLast(({ private_metadata }) => private_metadata)
      return {
        type: 'view_submission',
        api_app_id: appId,
        team: { id: slack.workspace.team_id },
        user: { id: user, team_id: slack.workspace.team_id },
        view: { id, ...form, state: { values: stateOf(values) } },
      }
    },
    async click({ decision, reason = 'not today', signedAt = now(), ...click }) {
      if (decision === 'approve')
        return vendor.sign(vendor.press('approve', click), { at: signedAt })
      const user = userIdOf(click.person)
      let form = forms.get(`${user} ${click.deliveryId}`)
      if (!form) {
        const before = slack.views.length
        await channel?.handle(vendor.sign(vendor.press('reject', click)))
        await channel?.settled()
        const opened = slack.views[before]
        if (!opened) return vendor.sign(vendor.press('reject', click), { at: signedAt })
        form = vendor.submit({ id: opened.id, user }, { reason })
        forms.set(`${user} ${click.deliveryId}`, form)
      }
      return vendor.sign(form, { at: signedAt })
    },
    async forged(click) {
      const payload = vendor.press('approve', click)
      const genuine = vendor.sign(payload)
      const body = await genuine.clone().text()
      const post = (text: string, change: Record<string, string> = {}): Request =>
        new Request(endpoint, {
          method: 'POST',
          body: text,
          headers: { ...Object.fromEntries(genuine.headers), ...change },
        })
      return [
        post(body, { 'x-slack-signature': '' }),
        post(body, { 'x-slack-signature': 'v0=' }),
        vendor.sign(payload, { secret: 'another secret' }),
        vendor.sign(payload, { secret: '' }),
        post(body.replace('UALICE', 'UBOB')),
        post(body, { 'x-slack-request-timestamp': String(Math.floor(now() / 1000) + 1) }),
      ]
    },
    shown: (requestId) =>
      slack.messages
        .map(({ versions: all }) => all.at(-1))
        .filter((version) => version?.metadata?.event_payload.request_id === requestId)
        .map((version) => [version?.text, ...textsOf(version?.blocks)].join('\n')),
    answers: () => [...slack.whispers.map(({ text }) => text), ...noticesOf(slack), ...inForms],
    down(isDown) {
      if (isDown) slack.faults.set('*', () => ({ status: 503, body: { ok: false } }))
      else slack.faults.delete('*')
    },
    close: () => slack.close(),
  }
  return vendor
}
