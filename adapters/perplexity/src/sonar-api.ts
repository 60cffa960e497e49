import type { Usage } from '@loop-engine/core'
import {
  AnswerCutError,
  present,
  vendorCount as count,
  vendorWord as word,
  type AnswerEnd,
} from '@loop-engine/core/provider'
import type { Perplexity } from '@perplexity-ai/perplexity_ai'
import { z } from 'zod'

import { readCitations, type FoundAnswer } from './grounding.ts'
import type { RequestSettings, Retrieval } from './retrieval.ts'

/** Asks through Sonar's chat completions, the API before the Agent API, in which every answer searches. */
export async function askSonar(
  client: Perplexity,
  retrieval: Retrieval,
  settings: RequestSettings,
  onText?: (delta: string) => void,
): Promise<FoundAnswer> {
  const body = sonarBody(retrieval)
  const { completions } = client.chat
  if (onText)
    return readStream(await completions.create({ ...body, stream: true }, settings), onText)
  const response = await completions.create(body, settings).asResponse()
  return readSonar(await response.json())
}

function sonarBody({ query, instructions, filters, schema, ...rest }: Retrieval): {
  readonly model: string
  readonly messages: { readonly role: 'system' | 'user'; readonly content: string }[]
} {
  const { model = 'sonar', maxOutputTokens } = rest
  return {
    model,
    messages: [
      ...(instructions === undefined ? [] : [{ role: 'system' as const, content: instructions }]),
      { role: 'user', content: query },
    ],
    ...filters,
    ...present({ max_tokens: maxOutputTokens }),
    ...(schema && {
      response_format: { type: 'json_schema' as const, json_schema: { name: 'answer', schema } },
    }),
  }
}

const list = z.array(z.unknown()).nullish().catch(null)
const said = z.object({ content: z.string().nullish() }).nullish().catch(null)

const completionSchema = z.object({
  id: word,
  model: word,
  choices: z.array(z.object({ message: said, delta: said, finish_reason: word })),
  citations: list,
  search_results: list,
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      reasoning_tokens: count,
      cost: z
        .object({ total_cost: z.number().min(0) })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
})
type Completion = z.infer<typeof completionSchema>

const failedSchema = z.object({ error: z.object({ code: word, type: word }) })

function readSonar(body: unknown): FoundAnswer {
  const read = completionSchema.safeParse(body)
  const choice = read.data?.choices[0]
  if (!read.success || !choice) return unusable(body)
  return toAnswer(read.data, choice.message?.content ?? '', choice.finish_reason)
}

/** Reads a stream. Later pieces repeat or complete the sources and usage of earlier ones. */
async function readStream(
  chunks: AsyncIterable<unknown>,
  onText: (delta: string) => void,
): Promise<FoundAnswer> {
  let text = ''
  let reason: string | undefined
  let known: Partial<Completion> = {}
  for await (const chunk of chunks) {
    const read = completionSchema.safeParse(chunk)
    if (!read.success) return unusable(chunk)
    const { choices, ...facts } = read.data
    const delta = choices[0]?.delta?.content
    if (delta) onText(delta)
    text += delta ?? ''
    reason = choices[0]?.finish_reason ?? reason
    known = { ...known, ...told(facts) }
  }
  if (!reason) throw new AnswerCutError()
  return toAnswer(known, text, reason)
}

function told<Facts extends object>(facts: Facts): Partial<Facts> {
  return present(
    // A piece has null for a fact that it does not know.
    Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null)) as Facts,
  )
}

const ends = new Map<string, AnswerEnd>([
  ['stop', 'complete'],
  ['length', 'truncated'],
  ['content_filter', 'filtered'],
])

function toAnswer(
  { id, model, usage, citations, search_results: results }: Partial<Completion>,
  text: string,
  reason: string | null | undefined,
): FoundAnswer {
  const links = (citations ?? []).map((url) => ({ url }))
  return {
    end: ends.get(reason ?? '') ?? 'failed',
    text,
    responseId: id ?? null,
    citations: readCitations([...(results ?? []), ...links]),
    // Sonar does not tell its searches.
    queries: [],
    ...present({ servedModel: model ?? undefined, usage: usage ? readUsage(usage) : undefined }),
  }
}

function readUsage(usage: NonNullable<Completion['usage']>): Usage {
  return present({
    inputTokens: usage.prompt_tokens ?? undefined,
    outputTokens: usage.completion_tokens ?? undefined,
    reasoningTokens: usage.reasoning_tokens ?? undefined,
    costUsd: usage.cost?.total_cost,
  })
}

/** The answer for a body that is no completion: an error that arrived with HTTP 200, or unreadable. */
function unusable(body: unknown): FoundAnswer {
  const failed = failedSchema.safeParse(body)
  const code = failed.data?.error.code ?? failed.data?.error.type
  return {
    end: failed.success ? 'failed' : 'unreadable',
    text: '',
    responseId: null,
    vendorCode: code,
    citations: [],
    queries: [],
  }
}
