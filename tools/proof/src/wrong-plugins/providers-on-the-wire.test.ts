import { digestOf, LoopError, type Provider, type Submission } from '@loop-engine/core'
import {
  createModelProvider,
  decisionBody,
  readResponse,
  readSdkFault,
  type CallContext,
  type ModelAnswer,
} from '@loop-engine/core/provider'
import {
  providerConformance,
  type ProviderWireHarness,
  type WireConnection,
} from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

const model = 'gpt-test'

interface Change {
  readonly headers?: (connection: WireConnection) => Record<string, string>
  readonly body?: (body: object) => object
  /** How it asks, given how it should. */
  readonly send?: (ask: () => Promise<Response>, context: CallContext) => Promise<Response>
  readonly answer?: (answer: ModelAnswer) => ModelAnswer
  readonly provider?: (provider: Provider, connection: WireConnection) => Provider
}

const submitting = (change: (submission: Submission) => object): ProviderWireHarness =>
  harnessOf({
    provider: (inner) => ({
      ...inner,
      createSubmission: async (context, options) => {
        const submission = await inner.createSubmission(context, options)
        return { ...submission, ...change(submission) }
      },
    }),
  })
const attributing = (change: object): ProviderWireHarness =>
  submitting(({ actor }) => ({ actor: { ...actor, ...change } }))

await suiteJudges(providerConformance, harnessOf({}), {
  'sends its key in the body': harnessOf({
    provider: (_, connection) =>
      createProvider({ body: (body) => ({ ...body, user: connection.apiKey }) }, connection),
  }),
  'sends no key': harnessOf({ headers: () => ({}) }),
  'asks twice to be sure': harnessOf({
    send: async (ask) => {
      await ask()
      return ask()
    },
  }),
  'retries after a failure without reporting it': harnessOf({
    send: async (ask) => {
      const answer = await ask()
      return answer.status === 500 ? ask() : answer
    },
  }),
  'leaves the evidence out': harnessOf({
    body: (body) => without(body, 'EVIDENCE-THAT-STAYS-INSIDE'),
  }),
  'lets the model pick any signal': harnessOf({ body: (body) => ({ ...body, text: {} }) }),
  'invents the id of an answer': harnessOf({
    answer: (answer) => ({ ...answer, responseId: answer.responseId ?? 'resp_mine' }),
  }),
  'says that the model which it asked has answered': attributing({ servedModel: model }),
  'reports no token counts': attributing({ usage: {} }),
  'hashes something other than the sent prompt': submitting(({ actor }) => ({
    actor: { ...actor, promptHash: digestOf({ model, prompt: actor.promptHash }) },
  })),
  'does not report the confidence of the model': attributing({ confidence: undefined }),
  'does not report its attempts': submitting(() => ({ attempts: [] })),
  'invents the id of a request': submitting(() => ({ requestId: 'req_mine' })),
  'repeats its previous answer': harnessOf({ provider: remembering }),
  'reports to a listener that may stop it': harnessOf({
    provider: (inner) => ({
      ...inner,
      createSubmission: async (context, options) => {
        options?.onProgress?.({ type: 'attempt', attempt: 1 })
        return inner.createSubmission(context, options)
      },
    }),
  }),
  'quotes what the vendor wrote': harnessOf({ provider: quoting }),
})

/** The smallest provider that keeps the contract: one `fetch`, which it does not repeat. */
function createProvider(
  { headers = bearer, body = (same) => same, send, answer = (same) => same }: Change,
  connection: WireConnection,
): Provider {
  const { baseUrl, timeoutMs } = connection
  const vendor = {
    name: 'small',
    model,
    readFault: readSdkFault,
    async send(request: Parameters<typeof decisionBody>[0], context: CallContext) {
      const ask = (): Promise<Response> =>
        context.attempts.fetch()(`${baseUrl}/responses`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers(connection) },
          body: JSON.stringify(body({ model, ...decisionBody(request) })),
          signal: context.signal,
        })
      const response = await (send ? send(ask, context) : ask())
      if (response.ok) return answer(readResponse(await response.json()))
      const { status } = response
      throw Object.assign(new Error('No answer.'), { status, headers: response.headers })
    },
  }
  return createModelProvider(vendor, { timeoutMs })
}

function bearer({ apiKey }: WireConnection): Record<string, string> {
  return { authorization: `Bearer ${apiKey}` }
}

function without(body: object, text: string): object {
  return JSON.parse(JSON.stringify(body).replaceAll(text, '')) as object
}

function remembering(inner: Provider): Provider {
  const known = new Map<string, Promise<Submission>>()
  return {
    ...inner,
    createSubmission(context, options) {
      const asked = digestOf(context)
      const answer = known.get(asked) ?? inner.createSubmission(context, options)
      known.set(asked, answer)
      return answer
    },
  }
}

function quoting(inner: Provider, { apiKey }: WireConnection): Provider {
  return {
    ...inner,
    createSubmission: async (context, options) =>
      inner.createSubmission(context, options).catch((error: unknown) => {
        const { code, retryable, details } = error as LoopError
        const cause = new Error(`Incorrect API key provided: ${apiKey}`)
        throw new LoopError(code, 'It failed.', { plugin: inner.name, retryable, details, cause })
      }),
  }
}

function harnessOf(change: Change): ProviderWireHarness {
  return {
    name: 'a provider of one screen',
    wire: 'openai-responses',
    streams: false,
    missing: ['retries'],
    create(connection) {
      const provider = createProvider(change, connection)
      return change.provider?.(provider, connection) ?? provider
    },
  }
}
