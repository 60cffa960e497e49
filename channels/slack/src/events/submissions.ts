import type { CardTokens } from '../card/card-token.ts'
import { readEdits } from '../forms/edit-form.ts'
import { formIds, reasonBlock } from '../forms/forms.ts'
import type { ClicksOptions } from './clicks.ts'
import { dead, type Judged } from './deciding.ts'
import { deliveryOfSubmission } from './delivery.ts'
import { typedOf, type Submission } from './payloads.ts'

/** The outcome of a form that was sent: faults to correct, or a decision. */
export type Submitted =
  | { readonly errors: Record<string, string> }
  | (Judged & { readonly channel?: string })

export function createSubmissions(
  options: Pick<ClicksOptions, 'judge' | 'getApproval' | 'schemaOf' | 'repaint' | 'report'> & {
    readonly tokens: CardTokens
  },
) {
  const { tokens, judge, repaint } = options

  return async (submission: Submission): Promise<Submitted> => {
    const isEdit = submission.view.callback_id === formIds.edit
    const facts = tokens.open(
      isEdit ? 'edit-form' : 'reject-form',
      submission.view.private_metadata,
    )
    if (!facts || facts.user !== submission.user.id) return dead
    const content = isEdit
      ? await readEdit(submission, facts)
      : { reason: typedOf(submission).get(reasonBlock)?.trim() ?? '' }
    if ('errors' in content) return { errors: content.errors }
    if ('say' in content) return content
    if (!isEdit && content.reason === '') return { errors: { [reasonBlock]: 'Give a reason.' } }

    const { id, proof } = deliveryOfSubmission(submission)
    const judged = await judge({
      sender: submission,
      facts,
      decision: isEdit ? 'edit' : 'reject',
      ...content,
      proof,
      deliveryId: id,
    })
    const { channel, messageTs } = facts
    if (judged.request && messageTs) await repaint({ channel, ts: messageTs }, judged.request)
    return { ...judged, channel }
  }

  async function readEdit(
    submission: Submission,
    { requestId, tenant }: { readonly requestId: string; readonly tenant: string },
  ) {
    try {
      const request = await options.getApproval?.({ id: requestId, tenant })
      if (!request?.evidence)
        return { say: 'This request can no longer be edited. Nothing was decided.', isTaken: false }
      // If the form is of another revision, the engine refuses the edit in any case.
      return readEdits(request.evidence, typedOf(submission), options.schemaOf?.(request))
    } catch (error) {
      options.report(error)
      return {
        say: 'The request could not be looked up. Nothing was decided; try again.',
        isTaken: false,
      }
    }
  }
}
