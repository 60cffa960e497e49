import { digestOf, LoopError, type GroundedAnswer, type Retriever } from '@loop-engine/core'
import { retrieverConformance, type RetrieverWireHarness } from '@loop-engine/testing'

import { createRetriever, model, type RetrieverChange } from './small-retriever.ts'
import { suiteJudges } from './suite-judges.ts'

const answering = (change: (answer: GroundedAnswer) => object): RetrieverWireHarness =>
  harnessOf({
    retrieve: (inner) => async (query, options) => {
      const answer = await inner(query, options)
      return { ...answer, ...change(answer) }
    },
  })
const attributing = (change: object): RetrieverWireHarness =>
  answering(({ actor }) => ({ actor: { ...actor, ...change } }))
const failing = (change: (error: LoopError, query: string) => Error): RetrieverWireHarness =>
  harnessOf({
    retrieve: (inner) => async (query, options) =>
      inner(query, options).catch((error: unknown) => {
        throw change(error as LoopError, query)
      }),
  })

await suiteJudges(retrieverConformance, harnessOf({}), {
  'has another contract': harnessOf({ shape: { contract: 'retriever/v2' } }),
  'has no name': harnessOf({ shape: { name: undefined } }),
  'has an empty name': harnessOf({ shape: { name: '' } }),
  'does not say which model it asks': harnessOf({ shape: { model: '' } }),
  'answers without a source': harnessOf({ groundless: true }),
  'returns an empty answer': answering(() => ({ answer: '' })),
  'changes the order of its sources': answering(({ citations }) => ({
    citations: citations.toReversed(),
  })),
  'names only the first source': answering(({ citations }) => ({
    citations: citations.slice(0, 1),
  })),
  'names sources of its own': answering(({ citations }) => ({
    citations: [...citations, { url: 'https://example.net/mine' }],
  })),
  'invents when a source was published': answering(({ citations }) => ({
    citations: citations.map((citation) => ({ publishedAt: '2026-05-01', ...citation })),
  })),
  'leaves the answer out of its evidence': answering(({ evidence: { sources = [] } }) => ({
    evidence: { sources },
  })),
  'leaves the sources out of its evidence': answering(({ answer }) => ({ evidence: { answer } })),
  'has evidence that is not JSON': answering(({ evidence }) => ({
    evidence: { ...evidence, at: new Date(0) },
  })),
  'answers as a person': attributing({ type: 'human' }),
  'names another model than it asked': attributing({ modelId: 'another' }),
  'says that the model which it asked has answered': attributing({ servedModel: model }),
  'invents the id of an answer': answering(({ actor }) => ({
    actor: { ...actor, responseId: actor.responseId ?? 'resp_mine' },
  })),
  'reports no token counts': attributing({ usage: {} }),
  'hashes something other than the sent prompt': answering(({ actor }) => ({
    actor: { ...actor, promptHash: digestOf({ prompt: actor.promptHash }) },
  })),
  'does not report its attempts': answering(() => ({ attempts: [] })),
  'invents the id of a request': answering(() => ({ requestId: 'req_mine' })),
  'repeats its previous answer': harnessOf({ retrieve: remembering }),
  'sends no key': harnessOf({ headers: () => ({}) }),
  'sends its key with the question': harnessOf({
    body: (body, { apiKey }) => ({ ...body, instructions: apiKey }),
  }),
  'asks something else': harnessOf({ body: (body) => ({ ...body, input: 'What is new?' }) }),
  'asks twice to be sure': harnessOf({
    send: async (ask) => {
      await ask()
      return ask()
    },
  }),
  'does not stop': harnessOf({
    retrieve: (inner) => (query, options) => inner(query, { ...options, signal: undefined }),
  }),
  'reports to a listener that may stop it': harnessOf({
    retrieve: (inner) => async (query, options) => {
      options?.onProgress?.({ type: 'attempt', attempt: 1 })
      return inner(query, options)
    },
  }),
  'throws an error that is not a LoopError': failing(() => new Error('failed')),
  'has one code for all failures': failing((error) => again(error, { code: 'unavailable' })),
  'calls no failure retryable': failing((error) => again(error, { retryable: false })),
  'calls every failure retryable': failing((error) => again(error, { retryable: true })),
  'quotes the question': failing((error, query) => again(error, { cause: new Error(query) })),
})

function again(error: LoopError, change: Partial<LoopError>): LoopError {
  const { code, retryable, details, cause } = { ...told(error), ...change }
  return new LoopError(code, 'It failed.', { plugin: 'small', retryable, details, cause })
}

function told({ code, retryable, details, cause }: LoopError): Partial<LoopError> & {
  readonly code: LoopError['code']
} {
  return { code, retryable, details, cause }
}

function remembering(inner: Retriever['retrieve']): Retriever['retrieve'] {
  const known = new Map<string, Promise<GroundedAnswer>>()
  return (query, options) => {
    const answer = known.get(query) ?? inner(query, options)
    known.set(query, answer)
    return answer
  }
}

function harnessOf(change: RetrieverChange): RetrieverWireHarness {
  return {
    name: 'a retriever of one screen',
    wire: 'perplexity-agent',
    streams: false,
    missing: ['retries'],
    create: (connection) => createRetriever(change, connection),
  }
}
