import type { Usage } from '@loop-engine/core'
import {
  present,
  vendorCount as count,
  vendorWord as word,
  type AnswerEnd,
  type ModelAnswer,
} from '@loop-engine/core/provider'
import { z } from 'zod'

const partSchema = z.object({ text: z.string().nullish(), thought: z.boolean().nullish() })
const candidateSchema = z.object({
  content: z.object({ parts: z.array(partSchema).nullish() }).nullish(),
  finishReason: z.string().nullish(),
})
/** A complete answer, or one chunk of a stream. Both SDKs give the same, though one does not type every field. */
const answerSchema = z.object({
  candidates: z.array(candidateSchema).nullish(),
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish(),
  usageMetadata: z
    .object({
      promptTokenCount: count,
      toolUsePromptTokenCount: count,
      cachedContentTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
    })
    .nullish()
    .catch(null),
  responseId: word,
  modelVersion: word,
  /** An error in a stream that began with status 200; one of the SDKs reads it as a chunk. */
  error: z.object({ status: z.string().nullish() }).nullish(),
})
type Answer = z.infer<typeof answerSchema>

/** Reads a complete answer. Throws a zod error for anything else. */
export function readAnswer(answer: unknown): ModelAnswer {
  const read = answerSchema.parse(answer)
  return toModelAnswer(read, textOf(read))
}

/** Reads an answer chunk by chunk; of a field that several chunks have, the last one counts. */
export async function readAnswerStream(
  chunks: AsyncIterable<unknown>,
  onText: (delta: string) => void,
): Promise<ModelAnswer> {
  let whole: Answer = {}
  let text = ''
  for await (const chunk of chunks) {
    const read = answerSchema.parse(chunk)
    const delta = textOf(read)
    if (delta !== '') onText(delta)
    text += delta
    whole = { ...whole, ...present(read), candidates: lastCandidates(whole, read) }
  }
  return toModelAnswer(whole, text)
}

function lastCandidates(whole: Answer, { candidates }: Answer): Answer['candidates'] {
  return candidates?.[0]?.finishReason ? candidates : whole.candidates
}

function toModelAnswer(answer: Answer, text: string): ModelAnswer {
  const { responseId, modelVersion, usageMetadata, promptFeedback, error } = answer
  const finish = answer.candidates?.[0]?.finishReason
  return {
    end: endOf(answer, finish),
    text,
    responseId: responseId ?? null,
    servedModel: modelVersion ?? undefined,
    usage: usageMetadata ? usageOf(usageMetadata) : undefined,
    vendorCode: error?.status ?? promptFeedback?.blockReason ?? finish,
  }
}

function textOf({ candidates }: Answer): string {
  const parts = candidates?.[0]?.content?.parts ?? []
  return parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join('')
}

const filters = /SAFETY|RECITATION|LANGUAGE|BLOCKLIST|PROHIBITED_CONTENT|SPII/

/** An answer without a finish reason was cut off; one with an unknown reason is not trusted. Both have failed. */
function endOf({ promptFeedback }: Answer, finish: string | null | undefined): AnswerEnd {
  if (promptFeedback?.blockReason) return 'refused'
  if (finish === 'STOP') return 'complete'
  // CONTINUATION: the rest of the answer would be another request.
  if (finish === 'MAX_TOKENS' || finish === 'CONTINUATION') return 'truncated'
  return finish && filters.test(finish) ? 'filtered' : 'failed'
}

/** Gemini counts thoughts separately from the answer, and tool results from the prompt; the record holds the sums. */
function usageOf(usage: NonNullable<Answer['usageMetadata']>): Usage | undefined {
  const {
    promptTokenCount: prompt,
    candidatesTokenCount: said,
    thoughtsTokenCount: thought,
  } = usage
  // Google leaves out counts of zero, but a prompt is never empty. Vertex also sends metadata without any count.
  const known = [prompt, said, thought].some((tokens) => typeof tokens === 'number')
  if (!known) return undefined
  return present({
    inputTokens:
      typeof prompt === 'number' ? prompt + (usage.toolUsePromptTokenCount ?? 0) : undefined,
    outputTokens: (said ?? 0) + (thought ?? 0),
    cachedInputTokens: usage.cachedContentTokenCount ?? undefined,
    reasoningTokens: thought ?? undefined,
  })
}
