import { checkTimeout, LoopError } from '@loop-engine/core'
import { App, LogLevel, SocketModeReceiver, type AppOptions, type Logger } from '@slack/bolt'

export interface BoltAppOptions {
  readonly token: string
  readonly appToken?: string
  readonly baseUrl?: string
  readonly timeoutMs?: number
  readonly maxRetries?: number
  readonly report: (problem: unknown) => void
}

export interface BoltApp {
  readonly app: App
  start(): Promise<void>
  stop(): Promise<void>
}

/** A Bolt app that gets events from `handle`, and from a web socket once it is started. It logs nothing. */
export function createBoltApp({
  token,
  appToken,
  baseUrl = 'https://slack.com/api/',
  timeoutMs = 5000,
  maxRetries = 2,
  report,
}: BoltAppOptions): BoltApp {
  checkTimeout('slack', timeoutMs)
  const clientOptions: AppOptions['clientOptions'] = {
    slackApiUrl: baseUrl,
    timeout: timeoutMs,
    retryConfig: { retries: maxRetries, minTimeout: 200, maxTimeout: 1000 },
    // Otherwise one rate-limited call holds up all other calls for as long as Slack asks.
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
  }
  const logger = createSilence()
  const app = new App({
    token,
    // Given so that the constructor does not call Slack. Neither is used, because the app ignores events of bots.
    botId: 'unused',
    botUserId: 'unused',
    ignoreSelf: false,
    convoStore: false,
    receiver: {
      init() {},
      async start() {},
      async stop() {},
    },
    clientOptions,
    logger,
  })
  app.error(async (error) => report(error))

  const socket =
    appToken === undefined
      ? undefined
      : new SocketModeReceiver({
          appToken,
          logger,
          installerOptions: { clientOptions },
          processEventErrorHandler: async ({ error }) => {
            report(error)
            return false
          },
        })
  socket?.init(app)

  return {
    app,
    async start() {
      if (!socket)
        throw new LoopError('invalid_config', 'Socket mode needs an app token.', {
          plugin: 'slack',
          path: '/appToken',
        })
      await socket.start().catch(() => {
        throw new LoopError('unavailable', 'Slack did not open a web socket.', {
          plugin: 'slack',
          retryable: true,
          hint: 'Check the app token (xapp-…) and that the app has socket mode switched on.',
        })
      })
    },
    async stop() {
      await socket?.stop()
    },
  }
}

/** A logger that drops everything: Slack's libraries log calls and payloads, which could hold a secret or evidence. */
function createSilence(): Logger {
  const nothing = (): void => {}
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => LogLevel.ERROR,
  }
}
