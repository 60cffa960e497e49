import type { Clock } from '@loop-engine/core'
import type { App } from '@slack/bolt'

import type { SlackCalls } from '../api/slack-calls.ts'
import { createNotice } from '../forms/forms.ts'
import { createRecent } from '../recent.ts'
import { deadCard } from './answer-text.ts'
import { deliveryOfClick, deliveryOfSubmission } from './delivery.ts'
import { clickSchema, submissionSchema, type Click, type Submission } from './payloads.ts'
import type { Submitted } from './submissions.ts'

export interface InboxOptions {
  readonly app: App
  readonly calls: SlackCalls
  readonly clicked: (click: Click) => Promise<void>
  readonly submitted: (submission: Submission) => Promise<Submitted>
  readonly clock: Clock
  readonly report: (problem: unknown) => void
  readonly appId?: string
}

export interface Inbox {
  /** Hands an authenticated body to Bolt, and answers as soon as it is acknowledged. */
  take(body: Record<string, unknown>, headers: Headers): Promise<Response>
  settled(): Promise<void>
}

/**
 * When a click is acknowledged at the latest. Slack waits three seconds for it. The acknowledgement is sent when the work is
 * done, so that the person sees a crash before that; after this time it is sent anyway, and the work goes on.
 */
const ackAfterMs = 2000
/** Slack repeats deliveries for less long. Later, and after a restart, the engine's store recognises a repetition. */
const rememberMs = 600_000
const apology =
  'Something went wrong in Loop Engine. Look at the card or the console before you click again.'

export function createInbox({
  app,
  calls,
  clicked,
  submitted,
  clock,
  report,
  appId,
}: InboxOptions): Inbox {
  const working = new Set<Promise<unknown>>()
  const clicks = createRecent<void>({ clock, forMs: rememberMs })
  const forms = createRecent<Submitted>({ clock, forMs: rememberMs })
  const isOurs = (id: string | undefined): boolean => appId === undefined || id === appId

  app.action(/^loop:/, async ({ body, ack }) => {
    const read = clickSchema.safeParse(body)
    if (!read.success) return ack()
    const click = read.data
    const { value } = clicks.take(deliveryOfClick(click).id, () =>
      track(isOurs(click.api_app_id) ? clicked(click) : tell(click, deadCard)),
    )
    // After a failure the person may have no answer yet.
    const answered = value.catch(async (error: unknown) => {
      report(error)
      await tell(click, apology)
    })
    await inTime(track(answered))
    await ack()
  })

  app.view(/^loop:/, async ({ body, ack }) => {
    const read = submissionSchema.safeParse(body)
    if (!read.success) return ack()
    const form = read.data
    const { value, isFirst } = forms.take(deliveryOfSubmission(form).id, () =>
      track(answerTo(form)),
    )
    const answer = await inTime(value)
    if (answer && 'errors' in answer)
      return ack({ response_action: 'errors', errors: answer.errors })
    if (answer && !answer.isTaken)
      return ack({ response_action: 'update', view: createNotice('Not possible', answer.say) })
    await ack({ response_action: 'clear' })
    if (isFirst) await track(value.then((result) => tellLater(form, result)))
  })

  /** The answer to a form. Never rejects. */
  const answerTo = async (form: Submission): Promise<Submitted> => {
    if (!isOurs(form.api_app_id)) return { say: deadCard, isTaken: false }
    return submitted(form).catch((error: unknown) => {
      report(error)
      return { say: apology, isTaken: false }
    })
  }

  /** Shows the outcome in the conversation, because the form is closed already. */
  const tellLater = async (form: Submission, result: Submitted): Promise<void> => {
    const channel = 'errors' in result ? undefined : result.channel
    const text = 'errors' in result ? apology : result.say
    await calls.whisper(channel, form.user.id, text).catch(report)
  }

  const tell = (click: Click, text: string): Promise<void> =>
    calls.whisper(click.container.channel_id, click.user.id, text).catch(report)

  function track<Value>(work: Promise<Value>): Promise<Value> {
    working.add(work)
    const forget = (): void => void working.delete(work)
    work.then(forget, forget)
    return work
  }

  async function inTime<Value>(work: Promise<Value>): Promise<Value | undefined> {
    const finished = new AbortController()
    try {
      return await Promise.race([
        work,
        clock.sleep(ackAfterMs, finished.signal).then(() => undefined),
      ])
    } finally {
      finished.abort()
    }
  }

  return {
    take(body, headers) {
      const { promise, resolve } = Promise.withResolvers<Response>()
      const retryNum = Number(headers.get('x-slack-retry-num') ?? Number.NaN)
      const processed = app
        .processEvent({
          body,
          ack: async (answer) => resolve(responseOf(answer)),
          ...(Number.isInteger(retryNum) && { retryNum }),
        })
        .catch(report)
        // Not acknowledged: the channel does not listen to events of this kind.
        .then(() => resolve(new Response(null, { status: 404 })))
      void track(processed)
      return promise
    },
    async settled() {
      while (working.size > 0) await Promise.allSettled(working)
    },
  }
}

function responseOf(answer: unknown): Response {
  if (answer === undefined || answer === '') return new Response(null, { status: 200 })
  return typeof answer === 'string' ? new Response(answer) : Response.json(answer)
}
