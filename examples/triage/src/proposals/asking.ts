import { isLoopError, LoopError, type LoopErrorCode, type Provider } from '@loop-engine/sdk'

type Question = Parameters<Provider['createSubmission']>[0]
type Submission = Awaited<ReturnType<Provider['createSubmission']>>

/** Asks a provider. Returns, and does not throw, the error that says why there is no answer. */
export type Ask = (question: Question) => Promise<Submission | LoopError>

/** Errors that concern one matter alone. Any other, such as a refused key, would happen with the next matter too. */
const ofThisMatter: readonly LoopErrorCode[] = [
  'refused',
  'content_filtered',
  'truncated',
  'bad_response',
  'too_large',
]

/** After an error that would happen to the next question too, the provider is not asked again. */
export function createAsk(provider: Provider, abort: AbortSignal): Ask {
  let unreachable: LoopError | null = null
  return async (question) => {
    if (abort.aborted)
      return new LoopError('aborted', 'The job was told to end before the provider was asked.')
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
