import { isLoopError, LoopError, type LoopErrorCode, type Provider } from '@loop-engine/sdk'

type Question = Parameters<Provider['createSubmission']>[0]
type Submission = Awaited<ReturnType<Provider['createSubmission']>>

/** Asks a provider, and hands back why it has no answer instead of throwing it. */
export type Ask = (question: Question) => Promise<Submission | LoopError>

/** What went wrong with one matter alone; anything else, such as a refused key, would go wrong with the next one too. */
const ofThisMatter: readonly LoopErrorCode[] = [
  'refused',
  'content_filtered',
  'truncated',
  'bad_response',
  'too_large',
]

/** After a failure that the next question would meet as well, the provider is not asked again. */
export function createAsk(provider: Provider, abort: AbortSignal): Ask {
  let unreachable: LoopError | null = null
  return async (question) => {
    if (abort.aborted) return new LoopError('aborted', 'Nobody was asked any more.')
    if (unreachable) return unreachable
    try {
      return await provider.createSubmission(question, { signal: abort })
    } catch (error) {
      if (!isLoopError(error)) throw error
      if (error.code !== 'aborted' && !ofThisMatter.includes(error.code)) unreachable = error
      return error
    }
  }
}
