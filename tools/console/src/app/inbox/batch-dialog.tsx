import type { ApprovalRequest, BatchItem } from '@loop-engine/client'
import { Button, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'

import { isRefusal, server } from '../api/server.ts'
import { DialogButtons } from '../shell/dialog-buttons.tsx'
import { WordsField } from '../shell/words-field.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'
import { outcomeOf } from './outcome.ts'
import { RiskLabel } from './risk-label.tsx'
import { Warnings } from './warnings.tsx'
import { WhatRuns } from './what-runs.tsx'

export interface BatchDialogProps {
  readonly decision: 'approve' | 'reject'
  /** As they were when they were chosen. */
  readonly requests: readonly ApprovalRequest[]
  readonly onClose: () => void
}

/** One decision on several requests, each judged on its own and answered on its own. */
export function BatchDialog({ decision, requests, onClose }: BatchDialogProps): ReactNode {
  const [reason, setReason] = useState('')
  const client = useQueryClient()
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => send(decision, requests, reason),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ['inbox'] })
    },
  })
  const isReject = decision === 'reject'
  const ready = !isPending && (!isReject || reason.trim() !== '')
  const name = `${isReject ? 'Reject' : 'Approve'} ${requests.length}`
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (ready) mutate()
  }
  return (
    <Modal
      isOpen
      variant="medium"
      // What was sent cannot be cancelled any more; it is answered here.
      onClose={isPending ? undefined : onClose}
      aria-labelledby="batch-title"
    >
      <ModalHeader labelId="batch-title" title={data ? 'What became of them' : `${name}?`} />
      <ModalBody tabIndex={0} aria-label="The batch">
        <ProblemNote
          error={error}
          title={isRefusal(error) ? 'They were refused' : 'They may not have counted'}
        />
        <ul className="batch">
          {requests.map((request, index) => (
            <li key={request.id}>
              <div className="facts">
                <strong>
                  <Shown text={request.view.title} />
                </strong>
                <RiskLabel risk={request.view.transition.risk} />
              </div>
              {data ? (
                <p role="status">{answerOf(data[index], decision)}</p>
              ) : (
                <>
                  <Warnings request={request} />
                  <WhatRuns request={request} />
                </>
              )}
            </li>
          ))}
        </ul>
        {!data && (
          <Form id="batch-form" onSubmit={submit}>
            <WordsField
              id="batch-reason"
              label="Reason"
              isRequired={isReject}
              value={reason}
              onChange={setReason}
            />
          </Form>
        )}
      </ModalBody>
      {data ? (
        <ModalFooter>
          <Button onClick={onClose}>Close</Button>
        </ModalFooter>
      ) : (
        <DialogButtons
          dialog="batch"
          name={name}
          isDanger={isReject}
          isReady={ready}
          isPending={isPending}
          onClose={onClose}
        />
      )}
    </Modal>
  )
}

function send(
  decision: 'approve' | 'reject',
  requests: readonly ApprovalRequest[],
  reason: string,
): Promise<readonly BatchItem[]> {
  const why = reason.trim() === '' ? {} : { reason: reason.trim() }
  return server.approvals.decideMany(
    requests.map(({ id, revision, viewHash }) => ({
      requestId: id,
      decision,
      revision,
      viewHash,
      ...why,
    })),
  )
}

function answerOf(item: BatchItem | undefined, decision: 'approve' | 'reject'): string {
  if (item?.result) return outcomeOf(item.result, decision).title
  return item?.problem?.detail ?? item?.problem?.title ?? 'The server did not say.'
}
