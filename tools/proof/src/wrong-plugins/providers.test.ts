import {
  digestOf,
  LoopError,
  type LoopErrorCode,
  type ModelCallOptions,
  type Provider,
  type Submission,
  type SubmissionContext,
} from '@loop-engine/core'
import { providerConformance, type ProviderHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

/** What a provider proposes; each change makes it wrong in one thing. */
type Propose = (context: SubmissionContext, options: ModelCallOptions) => object

const name = 'scripted'
const key = 'sk-key-of-the-script'

const right: Propose = (context) => ({
  actor: actorOf(context),
  signal: 'approve',
  decision: { confidence: 0.9 },
})

function actorOf(context: SubmissionContext): Submission['actor'] {
  const attribution = { provider: name, modelId: 'script-1', responseId: null }
  return { type: 'ai-agent', id: 'agent:scripted', ...attribution, promptHash: digestOf(context) }
}

const proposing = (change: object): ProviderHarness =>
  harnessOf({ propose: (context, options) => ({ ...right(context, options), ...change }) })
const attributing = (change: object): ProviderHarness =>
  harnessOf({
    propose: (context) => ({
      ...right(context, {}),
      actor: { ...actorOf(context), ...change },
    }),
  })

await suiteJudges(providerConformance, harnessOf({}), {
  'has another contract': harnessOf({ shape: { contract: 'provider/v2' } }),
  'has no name': harnessOf({ shape: { name: '' } }),
  'does not say which model it asks': harnessOf({ shape: { model: '' } }),
  'picks a signal that is not open': proposing({ signal: 'pay' }),
  'decides nothing': proposing({ decision: undefined }),
  'returns a decision that is not JSON': proposing({
    decision: { at: new Date(0), why: () => 'because' },
  }),
  'answers as a person': attributing({ type: 'human' }),
  'does not say who it is': attributing({ id: '' }),
  'names another provider': attributing({ provider: 'another' }),
  'names another model than it asked': attributing({ modelId: 'script-2' }),
  'has no prompt hash': attributing({ promptHash: undefined }),
  'has the same prompt hash for every prompt': attributing({ promptHash: '0'.repeat(64) }),
  'has a new prompt hash each time': harnessOf({
    propose: (context) => ({
      ...right(context, {}),
      actor: { ...actorOf(context), promptHash: digestOf({ now: performance.now() }) },
    }),
  }),
  'changes what it was given': harnessOf({
    propose: (context, options) => right(Object.assign(context, { instruction: '' }), options),
  }),
  'does not stop': harnessOf({ stops: false }),
  'calls an abort a timeout': harnessOf({ stops: () => failure('timeout', true) }),
  'may be asked again after an abort': harnessOf({ stops: () => failure('aborted', true) }),
  'throws an error that is not a LoopError': harnessOf({ fail: () => new Error('failed') }),
  'answers when the model refused': harnessOf({ without: 'refusal' }),
  'answers when the answer was cut': harnessOf({ without: 'truncated' }),
  'answers with a signal that is not open': harnessOf({ without: 'wrong_signal' }),
  'calls no failure retryable': harnessOf({ fail: (code) => failure(code, false) }),
  'calls every failure retryable': harnessOf({ fail: (code) => failure(code, true) }),
  'has one code for all failures': harnessOf({ fail: (_, again) => failure('unavailable', again) }),
  'lacks a failure and does not say so': harnessOf({ missing: [] }),
  'quotes its key': harnessOf({ fail: quoting(() => key) }),
  'quotes the instruction': harnessOf({ fail: quoting(({ instruction }) => instruction) }),
  'quotes the evidence': harnessOf({ fail: quoting(({ evidence }) => JSON.stringify(evidence)) }),
  'hides its key in a cause': harnessOf({
    fail: (code, again) => failure(code, again, { cause: new Error(`401 for ${key}`) }),
  }),
  'hides its key in the details': harnessOf({
    fail: (code, again) => failure(code, again, { details: { headers: { authorization: key } } }),
  }),
})

type Fail = (code: LoopErrorCode, again: boolean, context: SubmissionContext) => Error

interface Change {
  readonly shape?: object
  readonly propose?: Propose
  /** What it throws when it is aborted; false when it does not look. */
  readonly stops?: (() => Error) | false
  readonly fail?: Fail
  readonly without?: keyof ProviderHarness['failures']
  readonly missing?: ProviderHarness['missing']
}

function failure(code: LoopErrorCode, retryable: boolean, options: object = {}): LoopError {
  return new LoopError(code, 'The model did not decide.', { retryable, plugin: name, ...options })
}

function quoting(secret: (context: SubmissionContext) => string): Fail {
  return (code, retryable, context) =>
    new LoopError(code, `The model did not decide about ${secret(context)}.`, { retryable })
}

function harnessOf({
  shape,
  propose = right,
  stops = () => failure('aborted', false),
  fail = (code, again) => failure(code, again),
  without,
  missing = ['auth'],
}: Change): ProviderHarness {
  const decides = (): Provider => ({
    contract: 'provider/v1',
    name,
    model: 'script-1',
    async createSubmission(context, options = {}) {
      if (stops && options.signal?.aborted) throw stops()
      return propose(context, options) as Submission
    },
    ...shape,
  })
  const failing = (code: LoopErrorCode, retryable: boolean) => (): Provider => ({
    ...decides(),
    async createSubmission(context) {
      throw fail(code, retryable, context)
    },
  })
  return {
    name: 'a scripted provider',
    decides,
    failures: {
      refusal: failing('refused', false),
      truncated: failing('truncated', false),
      content_filter: failing('content_filtered', false),
      not_json: failing('bad_response', true),
      wrong_signal: failing('bad_response', true),
      rate_limit: failing('rate_limited', true),
      timeout: failing('timeout', true),
      server_error: failing('unavailable', true),
      ...(without && { [without]: decides }),
    },
    missing,
    secrets: [key],
  }
}
