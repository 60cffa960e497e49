import {
  isLoopError,
  usageSchema,
  type Actor,
  type Provider,
  type Retriever,
  type Usage,
} from '@loop-engine/core'
import { SpanKind, type Attributes } from '@opentelemetry/api'

import { names } from './names.ts'
import type { Observer } from './observer.ts'
import { fault, within } from './work.ts'

export interface ObservedModels {
  /** Wraps a provider: each decision that it is asked for becomes a `chat` span with its usage. */
  provider(provider: Provider): Provider
  /** Wraps a retriever in the same way. */
  retriever(retriever: Retriever): Retriever
}

/** Provider names of the semantic conventions, where ours differ. */
const vendors: Readonly<Record<string, string>> = {
  gemini: 'gcp.gemini',
  grok: 'x_ai',
}

/** Finish reasons of answers that could not be used, by error code. */
const finishes: Readonly<Record<string, string>> = {
  truncated: 'length',
  content_filtered: 'content_filter',
  refused: 'content_filter',
}

export function observeModels({ tracer, instruments }: Observer): ObservedModels {
  return {
    provider: (provider) => ({
      ...provider,
      createSubmission: (question, options) =>
        ask(provider, () => provider.createSubmission(question, options)),
    }),
    retriever: (retriever) => ({
      ...retriever,
      retrieve: (query, options) => ask(retriever, () => retriever.retrieve(query, options)),
    }),
  }

  async function ask<Answer extends { readonly actor: Actor; readonly usage?: Usage }>(
    { name, model }: { readonly name: string; readonly model: string },
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const labels: Attributes = {
      [names.operation]: 'chat',
      [names.provider]: Object.hasOwn(vendors, name) ? vendors[name] : name,
      [names.requestModel]: model,
    }
    return within(
      tracer(),
      {
        kind: 'model',
        name: `chat ${model}`,
        spanKind: SpanKind.CLIENT,
        attributes: labels,
        ended: ({ actor, usage = actor.usage }, { span }, seconds) => {
          const answered = { ...labels, ...servedBy(actor.servedModel) }
          span.setAttributes({
            ...answered,
            ...usageOf(usage),
            [names.finishReasons]: ['stop'],
            ...(actor.responseId && { [names.responseId]: actor.responseId }),
            ...(actor.promptHash && { [names.promptHash]: actor.promptHash }),
            ...(actor.attempts && { [names.providerAttempts]: actor.attempts }),
          })
          instruments().operationDuration.record(seconds, answered)
          countTokens(usage, answered)
        },
        threw: (code, { span }, seconds, error) => {
          const details = isLoopError(error) ? (error.details ?? {}) : {}
          const answered = { ...labels, ...servedBy(details['servedModel']) }
          const finish = finishes[code]
          span.setAttributes({
            ...answered,
            ...usageOf(usageSchema.safeParse(details['usage']).data),
            ...(finish && { [names.finishReasons]: [finish] }),
            ...(typeof details['responseId'] === 'string' && {
              [names.responseId]: details['responseId'],
            }),
            ...(typeof details['attempts'] === 'number' && {
              [names.providerAttempts]: details['attempts'],
            }),
          })
          fault(span, code)
          instruments().operationDuration.record(seconds, { ...answered, [names.errorType]: code })
        },
      },
      work,
    )
  }

  /** Counts the tokens of usable answers only, as the conventions ask. The usage of a failed answer is on its span. */
  function countTokens(usage: Usage | undefined, labels: Attributes): void {
    const { tokenUsage } = instruments()
    if (usage?.inputTokens !== undefined)
      tokenUsage.record(usage.inputTokens, { ...labels, [names.tokenType]: 'input' })
    if (usage?.outputTokens !== undefined)
      tokenUsage.record(usage.outputTokens, { ...labels, [names.tokenType]: 'output' })
  }
}

function servedBy(model: unknown): Attributes {
  return typeof model === 'string' ? { [names.responseModel]: model } : {}
}

function usageOf({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  reasoningTokens,
}: Usage = {}): Attributes {
  return {
    [names.inputTokens]: inputTokens,
    [names.outputTokens]: outputTokens,
    [names.cachedTokens]: cachedInputTokens,
    [names.reasoningTokens]: reasoningTokens,
  }
}
