import {
  isLoopError,
  LoopError,
  quiet,
  systemClock,
  type ApprovalRequest,
  type Channel,
  type Clock,
} from '@loop-engine/core'
import type { Decide, GetApproval } from '@loop-engine/core/decision-page'

import { createBoltApp } from './api/bolt-app.ts'
import { createSlackCalls } from './api/slack-calls.ts'
import { createCardTokens } from './card/card-token.ts'
import { createCard } from './card/card.ts'
import { consoleUrlOf, type ConsoleUrl } from './card/link.ts'
import { checkOptions } from './check-options.ts'
import { createClicks } from './events/clicks.ts'
import { createDeciding } from './events/deciding.ts'
import { createInbox } from './events/inbox.ts'
import { createPeople, type SlackPeople } from './events/people.ts'
import { readRequest } from './events/read-request.ts'
import { createSubmissions } from './events/submissions.ts'
import { createNotices } from './notices.ts'

export interface SlackOptions {
  /** The bot token, `xoxb-…`. */
  readonly token: string
  /** Verifies events over HTTP, which `handle` takes. */
  readonly signingSecret?: string
  /** An app-level token, `xapp-…`, for events over a web socket between `start` and `close`. */
  readonly appToken?: string
  /** The id (`C…`) of the conversation to which cards are posted. The app must be a member of it. */
  readonly conversation: string | ((request: ApprovalRequest) => string)
  readonly people: SlackPeople
  readonly consoleUrl: ConsoleUrl
  /** Takes decisions: `(decision) => intake(decision)`, with the `intake` that `createIntake` returns. */
  readonly decide: Decide
  /** `({ id, tenant }) => system.approvals.get({ id, tenant })`; without it cards have no edit button. */
  readonly getApproval?: GetApproval
  /** A JSON Schema of a request's evidence, from which the edit form takes titles and choices. */
  readonly schemaOf?: (request: ApprovalRequest) => object | undefined
  /** At least 32 characters each; the first seals cards, all of them open cards. By default the signing secret. */
  readonly secrets?: readonly string[]
  /** Refuses events of other apps. */
  readonly appId?: string
  /** The name of the channel in policies; `slack` by default. */
  readonly name?: string
  /** For how long Slack's answer about a person is cached, milliseconds; 60,000 by default. */
  readonly personTtlMs?: number
  /** How long one call to Slack may take, milliseconds; 5,000 by default. */
  readonly timeoutMs?: number
  /** Attempts of one call to Slack after the first, 0 to 2; 2 by default. The engine repeats notices for much longer. */
  readonly maxRetries?: number
  /** The address of Slack's Web API. */
  readonly baseUrl?: string
  readonly clock?: Clock
  /** Hears of errors that reach nobody else. They never quote a secret or evidence. */
  readonly onError?: (error: LoopError) => void
}

export interface SlackChannel extends Channel {
  handle(request: Request): Promise<Response>
  /** Connects by web socket. Needs `appToken`. */
  start(): Promise<void>
  /** Resolves when all work on received events is done. */
  settled(): Promise<void>
  /** Disconnects, and finishes the work on events that were received. */
  close(): Promise<void>
}

/**
 * Makes a channel with which people decide in Slack. The channel stores nothing: cards carry sealed tokens, and the engine
 * keeps the places of the cards.
 *
 * @example
 * const slack = createSlackChannel({ token, signingSecret, conversation: 'C0123456789', people: { by: 'email' },
 *   consoleUrl: 'https://loops.example', decide: (decision) => intake(decision) })
 */
export function createSlackChannel(options: SlackOptions): SlackChannel {
  checkOptions(options)
  const {
    signingSecret,
    consoleUrl,
    decide,
    getApproval,
    schemaOf,
    name = 'slack',
    personTtlMs = 60_000,
    clock = systemClock,
  } = options
  const report = createReport(options.onError)
  const tokens = createCardTokens(readKeys(options))
  const bolt = createBoltApp({ ...options, report })
  const calls = createSlackCalls(bolt.app.client)
  const people = createPeople({
    people: options.people,
    calls,
    clock,
    cacheMs: personTtlMs,
    report,
  })
  const judge = createDeciding({ people, decide, clock, report })
  const notices = createNotices({
    ...options,
    name,
    calls,
    tokens,
    clock,
    canEdit: getApproval !== undefined,
  })
  const shared = { tokens, judge, report, repaint, getApproval, schemaOf }
  const inbox = createInbox({
    app: bolt.app,
    calls,
    clicked: createClicks({ ...shared, calls, people }),
    submitted: createSubmissions(shared),
    clock,
    report,
    appId: options.appId,
  })

  /** Repaints a card at once if its request is decided. Also removes the buttons of a card that was posted twice. */
  async function repaint(
    card: { readonly channel: string; readonly ts: string },
    request: ApprovalRequest,
  ): Promise<void> {
    if (request.status === 'pending') return
    const url = consoleUrlOf(consoleUrl, request)
    await calls
      .repaint(card, createCard({ request, view: request.view, consoleUrl: url }))
      .catch(report)
  }

  return {
    contract: 'channel/v1',
    name,
    notify: notices.notify,
    update: notices.update,
    async handle(request) {
      // Without a signing secret no request can be verified, so none is read.
      if (!signingSecret) return new Response(null, { status: 404 })
      const read = await readRequest(request, signingSecret, clock.now())
      return 'answer' in read ? read.answer : inbox.take(read.body, request.headers)
    },
    start: () => bolt.start(),
    settled: () => inbox.settled(),
    async close() {
      await bolt.stop()
      await inbox.settled()
    },
  }
}

function readKeys({
  token,
  signingSecret,
  appToken,
  secrets,
  maxRetries = 2,
}: SlackOptions): readonly [string, ...string[]] {
  const fault = (message: string, path: string): never => {
    throw new LoopError('invalid_config', message, { plugin: 'slack', path })
  }
  if (!token) fault('The Slack channel needs a bot token.', '/token')
  if (signingSecret === '') fault('The signing secret is empty.', '/signingSecret')
  if (!signingSecret && !appToken)
    fault(
      'The Slack channel needs a signing secret (HTTP) or an app token (socket mode).',
      '/signingSecret',
    )
  if (![0, 1, 2].includes(maxRetries)) fault('`maxRetries` must be 0, 1 or 2.', '/maxRetries')
  const [first, ...others] = secrets ?? (signingSecret ? [signingSecret] : [])
  if (first === undefined)
    return fault('Without a signing secret, `secrets` are needed to seal the cards.', '/secrets')
  if (secrets?.some((secret) => secret.length < 32))
    fault('Each of `secrets` must have at least 32 characters.', '/secrets')
  return [first, ...others]
}

/** Reports every error as a LoopError: the message of another error could quote a secret or evidence. */
function createReport(onError: SlackOptions['onError']): (problem: unknown) => void {
  // `onError` itself may throw, and that must not keep the person who clicked from an answer.
  const hear = quiet(onError)
  return (problem) => {
    const reported = isLoopError(problem)
      ? problem
      : new LoopError('unavailable', 'An unexpected error occurred while Slack was answered.', {
          plugin: 'slack',
        })
    hear(reported)
  }
}
