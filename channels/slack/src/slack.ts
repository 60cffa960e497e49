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
  /** For events over HTTP, through `handle`. */
  readonly signingSecret?: string
  /** For events over a web socket, between `start` and `close`: an app-level token, `xapp-…`. */
  readonly appToken?: string
  /** The conversation that is told of a request: its id, `C…`. The app must be a member. */
  readonly conversation: string | ((request: ApprovalRequest) => string)
  readonly people: SlackPeople
  readonly consoleUrl: ConsoleUrl
  /** Where decisions go: `(decision) => intake(decision)` of `createIntake`. */
  readonly decide: Decide
  /** `({ id, tenant }) => system.approvals.get({ id, tenant })`; without it cards have no edit button. */
  readonly getApproval?: GetApproval
  /** A JSON Schema of a request's evidence: gives the edit form titles and choices. */
  readonly schemaOf?: (request: ApprovalRequest) => object | undefined
  /** At least 32 characters each; the first seals cards, all open them. The signing secret unless told. */
  readonly secrets?: readonly string[]
  /** Refuses events of other apps. */
  readonly appId?: string
  /** As policies name it. */
  readonly name?: string
  /** For how long what Slack said of a person is believed, milliseconds; 60,000 by default. */
  readonly personTtlMs?: number
  /** Of one call to Slack. */
  readonly timeoutMs?: number
  /** 0 to 2, of one call to Slack; the engine repeats whole notices for much longer. */
  readonly maxRetries?: number
  /** Slack's Web API, or a stand-in for it. */
  readonly baseUrl?: string
  readonly clock?: Clock
  /** Hears of what nobody could be told; nothing that it hears quotes a secret or evidence. */
  readonly onError?: (error: LoopError) => void
}

export interface SlackChannel extends Channel {
  handle(request: Request): Promise<Response>
  /** Connects by web socket. Needs `appToken`. */
  start(): Promise<void>
  /** Resolves when nothing that came in is still being worked on. */
  settled(): Promise<void>
  /** Disconnects, and lets what came in finish. */
  close(): Promise<void>
}

/**
 * People decide in Slack. The channel keeps no state: cards carry sealed tokens, the engine keeps where they are.
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

  /** What is over stays over, so this card need not wait for its turn; also heals a card that was sent twice. */
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
      // Without a secret nothing can be verified, so nothing is read.
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
  if (signingSecret === '') fault('An empty signing secret verifies nothing.', '/signingSecret')
  if (!signingSecret && !appToken)
    fault(
      'The Slack channel needs a signing secret (HTTP) or an app token (socket mode).',
      '/signingSecret',
    )
  if (![0, 1, 2].includes(maxRetries))
    fault('Slack may be asked again at most twice.', '/maxRetries')
  const [first, ...others] = secrets ?? (signingSecret ? [signingSecret] : [])
  if (first === undefined)
    return fault('Socket mode has no signing secret, so the cards need secrets.', '/secrets')
  if (secrets?.some((secret) => secret.length < 32))
    fault('A secret of cards has at least 32 characters.', '/secrets')
  return [first, ...others]
}

/** Whatever went wrong, as a LoopError; the text of anything else could quote something. */
function createReport(onError: SlackOptions['onError']): (problem: unknown) => void {
  // Whoever is told may fail as well, and whoever clicked waits for an answer.
  const tell = quiet(onError)
  return (problem) => {
    const told = isLoopError(problem)
      ? problem
      : new LoopError('unavailable', 'Something went wrong while Slack was answered.', {
          plugin: 'slack',
        })
    tell(told)
  }
}
