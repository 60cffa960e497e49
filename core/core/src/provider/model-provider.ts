import { checkTimeout } from '../check-timeout.ts'
import { systemClock, type Clock } from '../contracts/clock.ts'
import type { Provider, SubmissionContext } from '../contracts/provider.ts'
import { isLoopError, LoopError } from '../errors.ts'
import type { JsonObject } from '../json/json.ts'
import { deepFreeze } from '../json/snapshot.ts'
import { parseStrictJson } from '../json/strict-json.ts'
import type { Principal } from '../model/actor.ts'
import type { KnownKeys } from '../stray-keys.ts'
import {
  checkFields,
  decisionSchema,
  toStrictJsonSchema,
  type DecisionFields,
} from './decision-schema.ts'
import { answerDetails, type ModelAnswer } from './model-answer.ts'
import { callModel, type ModelVendor } from './model-call.ts'
import {
  checkTemplate,
  defaultPrompt,
  renderPrompt,
  templateHash,
  type PromptTemplate,
} from './prompt-template.ts'

/** What is sent to a model, before the adapter makes a request of it. */
export interface DecisionRequest {
  readonly system: string
  readonly user: string
  /** JSON Schema 2020-12 of the answer; every member required, no other allowed. */
  readonly schema: JsonObject
  /** Of the schema, for vendors that want one. */
  readonly schemaName: 'decision'
}

/** What every provider can be told, whatever its vendor. */
export interface ProviderOptions {
  /** Who the model is in the record; `agent:<vendor>` by default. */
  readonly agentId?: string
  readonly displayName?: string
  /** For whom it acts. */
  readonly onBehalfOf?: Principal
  readonly prompt?: PromptTemplate
  /** What the model must fill in beside `signal`, `rationale` and `confidence`. */
  readonly fields?: DecisionFields
  /**
   * For a whole decision with its retries; 60,000 by default. The `fetch` of Node.js gives up if an answer has not begun
   * after five minutes, and the SDK then asks again: above that, use `onProgress`, which streams, so that answers begin at
   * once.
   */
  readonly timeoutMs?: number
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * The keys of `ProviderOptions`, for the `refuseStrayKeys` of an adapter: with a misspelt `onBehalfof`, four-eyes would not
 * know for whom the model acts.
 */
export const providerKeys: KnownKeys<ProviderOptions> = {
  agentId: true,
  displayName: true,
  onBehalfOf: true,
  prompt: true,
  fields: true,
  timeoutMs: true,
  clock: true,
}

/** Makes a provider from a vendor: it asks for one of the open signals, reads the answer strictly and attributes it. */
export function createModelProvider(
  vendor: ModelVendor<DecisionRequest, ModelAnswer>,
  {
    agentId = `agent:${vendor.name}`,
    displayName,
    onBehalfOf,
    prompt = defaultPrompt,
    fields,
    timeoutMs = 60_000,
    clock = systemClock,
  }: ProviderOptions = {},
): Provider {
  checkTemplate(prompt)
  checkTimeout(vendor.name, timeoutMs)
  if (fields) checkFields(fields)
  const attribution = {
    agentId,
    displayName,
    onBehalfOf,
    promptVersion: prompt.version,
    templateHash: templateHash(prompt),
  }

  return {
    contract: 'provider/v1',
    name: vendor.name,
    model: vendor.model,

    async createSubmission(context, options = {}) {
      checkContext(context)
      const schema = decisionSchema(context.availableSignals, fields)
      const request: DecisionRequest = {
        ...renderPrompt(prompt, context),
        schema: toStrictJsonSchema(schema),
        schemaName: 'decision',
      }
      const { answer, actor, requestId, attempts } = await callModel(
        vendor,
        request,
        { timeoutMs, clock },
        attribution,
        options,
      )
      const { signal, ...decision } = await readDecision(vendor.name, schema, answer, () =>
        answerDetails({ ...answer, requestId }, attempts),
      )
      return deepFreeze({
        actor: { ...actor, confidence: decision.confidence },
        signal,
        decision,
        ...(answer.usage && { usage: answer.usage }),
        requestId,
        attempts,
      })
    },
  }
}

interface Decision extends JsonObject {
  readonly signal: string
  readonly rationale: string
  readonly confidence: number
}

async function readDecision(
  plugin: string,
  schema: ReturnType<typeof decisionSchema>,
  answer: ModelAnswer,
  details: () => Record<string, unknown>,
): Promise<Decision> {
  const bad = (says: string, path?: string): LoopError =>
    new LoopError('bad_response', `${plugin} ${says}`, {
      plugin,
      retryable: true,
      hint: 'Ask again, or use a model that keeps to a schema.',
      details: details(),
      ...(path !== undefined && { path }),
    })
  // A refinement of the user's may be async.
  const read = await schema.safeParseAsync(parse(answer.text, bad))
  if (!read.success) {
    const [issue] = read.error.issues
    const path = `/${issue?.path.join('/') ?? ''}`
    throw bad(
      path === '/signal' ? 'chose a signal that is not open.' : 'did not keep to the schema.',
      path,
    )
  }
  // Strict JSON that the schema has read: the three members are there, the others are JSON.
  return read.data as Decision
}

function parse(text: string, bad: (says: string) => LoopError): unknown {
  try {
    return parseStrictJson(text)
  } catch (error) {
    if (isLoopError(error)) throw bad('did not answer with JSON.')
    throw error
  }
}

function checkContext({ availableSignals }: SubmissionContext): void {
  if (availableSignals.length > 0) return
  throw new LoopError('invalid_input', 'No signal is open, so there is nothing to decide.', {
    path: '/availableSignals',
    hint: 'Ask engine.available() which signals an actor may send now.',
  })
}
