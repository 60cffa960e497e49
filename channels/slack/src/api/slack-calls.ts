import { LoopError, unlessAborted } from '@loop-engine/core'
import type { App, types } from '@slack/bolt'
import { z } from 'zod'

import { slackCodeOf, slackError } from './slack-error.ts'

export interface Posted {
  readonly channel: string
  readonly ts: string
}
export interface Message {
  /** The text of the notification; escaped. */
  readonly text: string
  readonly blocks: types.KnownBlock[]
  /** Every member and app can read it, so it holds ids only. */
  readonly metadata: { event_type: string; event_payload: Record<string, string | number> }
}

/** The calls to Slack that this channel makes. Each throws a LoopError that quotes nothing from Slack. */
export interface SlackCalls {
  post(channel: string, message: Message, signal?: AbortSignal): Promise<Posted>
  /** Repaints a message; false if it no longer exists or can no longer be changed. */
  repaint(card: Posted, message: Message, signal?: AbortSignal): Promise<boolean>
  /** Replies in the thread of a message, and shows the reply in the conversation too. */
  remind(card: Posted, text: string, signal?: AbortSignal): Promise<void>
  /** Shows a text to one person only: in this conversation or, if that fails, in a direct message. */
  whisper(channel: string | undefined, user: string, text: string): Promise<void>
  openView(trigger: string, view: types.ModalView): Promise<string>
  updateView(viewId: string, view: types.ModalView): Promise<void>
  userInfo(user: string): Promise<unknown>
  workspace(): Promise<unknown>
}

const postedSchema = z.object({ channel: z.string(), ts: z.string() })
const openedSchema = z.object({ view: z.object({ id: z.string() }) })
const gone = ['message_not_found', 'cant_update_message', 'edit_window_closed']
const quiet = { unfurl_links: false, unfurl_media: false }

export function createSlackCalls(client: App['client']): SlackCalls {
  const whisperHere = (channel: string, user: string, text: string): Promise<unknown> =>
    call('chat.postEphemeral', () => client.chat.postEphemeral({ channel, user, text, ...quiet }))

  return {
    async post(channel, { metadata, ...message }, signal) {
      const answer = await call(
        'chat.postMessage',
        () => client.chat.postMessage({ channel, ...message, metadata, ...quiet }),
        signal,
      )
      return read('chat.postMessage', postedSchema, answer)
    },
    repaint: ({ channel, ts }, message, signal) =>
      call(
        'chat.update',
        () =>
          client.chat.update({ channel, ts, ...message }).then(
            () => true,
            (error: unknown) => {
              if (!gone.includes(slackCodeOf(error) ?? '')) throw error
              return false
            },
          ),
        signal,
      ),
    async remind({ channel, ts }, text, signal) {
      await call(
        'chat.postMessage',
        () =>
          client.chat.postMessage({
            channel,
            thread_ts: ts,
            reply_broadcast: true,
            text,
            ...quiet,
          }),
        signal,
      )
    },
    async whisper(channel, user, text) {
      try {
        if (channel !== undefined) {
          await whisperHere(channel, user, text)
          return
        }
      } catch {
        // The person may have left the conversation. A direct message follows, whose failure is thrown.
      }
      await call('chat.postMessage', () =>
        client.chat.postMessage({ channel: user, text, ...quiet }),
      )
    },
    async openView(trigger_id, view) {
      const answer = await call('views.open', () => client.views.open({ trigger_id, view }))
      return read('views.open', openedSchema, answer).view.id
    },
    async updateView(view_id, view) {
      await call('views.update', () => client.views.update({ view_id, view }))
    },
    userInfo: (user) => call('users.info', () => client.users.info({ user })),
    workspace: () => call('auth.test', () => client.auth.test()),
  }
}

async function call<Value>(
  method: string,
  make: () => Promise<Value>,
  signal?: AbortSignal,
): Promise<Value> {
  try {
    if (signal?.aborted) throw unwanted()
    // Slack's client does not accept a signal, so an aborted call goes on in the background until its time limit.
    return await unlessAborted(make(), signal, unwanted)
  } catch (error) {
    if (error instanceof LoopError) throw error
    throw slackError(method, error)
  }
}

function unwanted(): LoopError {
  return new LoopError('aborted', 'A call to Slack was aborted.', { plugin: 'slack' })
}

function read<Value>(method: string, schema: z.ZodType<Value>, answer: unknown): Value {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  throw new LoopError(
    'bad_response',
    `Slack's answer to ${method} does not have the expected form.`,
    {
      plugin: 'slack',
      details: { method },
    },
  )
}
