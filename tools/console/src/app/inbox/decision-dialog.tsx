import type { ApprovalRequest, DecisionResult } from '@loop-engine/client'
import {
  Alert,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalHeader,
  TextInput,
} from '@patternfly/react-core'
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'

import { isRefusal } from '../api/server.ts'
import { DialogButtons } from '../shell/dialog-buttons.tsx'
import { WordsField } from '../shell/words-field.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'
import { decide } from './decide.ts'
import type { Action } from './decisions.ts'
import { EvidenceForm, useEvidenceForm } from './evidence-form.tsx'
import { RiskLabel } from './risk-label.tsx'
import { Warnings } from './warnings.tsx'
import { WhatRuns } from './what-runs.tsx'

export interface DecisionDialogProps {
  readonly action: Action
  /** As it was when the dialog was opened: what is decided on. */
  readonly request: ApprovalRequest
  /** Whether it has changed since. */
  readonly moved: boolean
  readonly onDone: (result: DecisionResult) => void
  readonly onClose: () => void
}

/** Asks once more, with what will run in sight; binds the decision to what is seen here. */
export function DecisionDialog(props: DecisionDialogProps): ReactNode {
  const { action, request, moved, onDone, onClose } = props
  const [words, setWords] = useState('')
  const [to, setTo] = useState('')
  const evidence = useEvidenceForm(request)
  const { mutate, isPending, error } = useMutation({ mutationFn: decide, onSuccess: onDone })
  const { kind } = action
  const isEdit = kind === 'edit'
  const ready =
    !moved &&
    !isPending &&
    (!action.words.needed || words.trim() !== '') &&
    (kind !== 'delegate' || to.trim() !== '') &&
    (!isEdit || evidence.edits !== null)
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (!ready) return
    mutate({ kind, request, words, to, ...(evidence.edits && isEdit && { edits: evidence.edits }) })
  }

  return (
    <Modal
      isOpen
      variant={isEdit ? 'large' : 'medium'}
      // What was sent cannot be cancelled any more; it is answered here.
      onClose={isPending ? undefined : onClose}
      aria-labelledby="decision-title"
      aria-describedby="decision-body"
      elementToFocus={
        kind === 'approve' ? '#decision-send' : '#decision-form textarea, #decision-form input'
      }
    >
      <ModalHeader
        labelId="decision-title"
        title={action.title}
        description={
          <>
            <Shown text={request.view.title} /> <RiskLabel risk={request.view.transition.risk} />
          </>
        }
      />
      <ModalBody id="decision-body" tabIndex={0} aria-label="Decision">
        <Form id="decision-form" onSubmit={send}>
          {moved && (
            <Alert
              isInline
              isLiveRegion
              variant="warning"
              component="p"
              title="The request changed since you opened this. Close it and look again."
            />
          )}
          <ProblemNote
            error={error}
            title={
              isRefusal(error) ? 'Your decision was refused' : 'Your decision may not have counted'
            }
          />
          <Warnings request={request} />
          <p>{action.explains(request)}</p>
          {(kind === 'approve' || kind === 'reject') && <WhatRuns request={request} />}
          {isEdit && <EvidenceForm form={evidence} />}
          {kind === 'delegate' && (
            <FormGroup label="To whom" fieldId="decision-to" isRequired>
              <TextInput
                id="decision-to"
                value={to}
                isRequired
                autoComplete="off"
                onChange={(_, value) => setTo(value)}
              />
            </FormGroup>
          )}
          <WordsField
            id="decision-words"
            label={action.words.label}
            isRequired={action.words.needed}
            value={words}
            onChange={setWords}
          />
        </Form>
      </ModalBody>
      <DialogButtons
        dialog="decision"
        name={isEdit ? 'Approve as edited' : action.name}
        isDanger={kind === 'reject'}
        isReady={ready}
        isPending={isPending}
        onClose={onClose}
      />
    </Modal>
  )
}
