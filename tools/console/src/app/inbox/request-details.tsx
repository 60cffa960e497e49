import type { ApprovalRequest } from '@loop-engine/client'
import { decisionWords, quorumOf, reviewersOf } from '@loop-engine/core'
import { DescriptionList, Label, Stack } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { useSession } from '../shell/session-gate.tsx'
import { ActorLabel, ModelMark, shownActor } from '../show/actor-label.tsx'
import { Data } from '../show/data.tsx'
import { Item } from '../show/item.tsx'
import { RunLink } from '../show/links.tsx'
import { LongText } from '../show/long-text.tsx'
import { ExactMoment, Moment } from '../show/moment.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { ownReasons } from './policy.ts'
import { Warnings } from './warnings.tsx'
import { WhatRuns } from './what-runs.tsx'

/** All that a reviewer must see: why it waits, what runs, on which evidence, and what happens without an answer. */
export function RequestDetails({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const { view, guards, status } = request
  const waits = status === 'pending'
  return (
    <Stack hasGutter>
      <Warnings request={request} />
      <Section level="h3" title={waits ? 'What exactly will run' : 'What it was about'}>
        <WhatRuns request={request} />
      </Section>
      <Section level="h3" title="Evidence">
        <Fields request={request} />
      </Section>
      <Section level="h3" title={waits ? 'Why it waits for you' : 'Who asked, and who decided'}>
        <Why request={request} />
      </Section>
      {waits && (
        <Section level="h3" title="If you do nothing">
          <p>
            <Shown text={view.ifNothing} /> That is <Moment at={view.expiresAt} />, on{' '}
            <ExactMoment at={view.expiresAt} />.
          </p>
        </Section>
      )}
      {guards.length > 0 && (
        <Section level="h3" title="Guards">
          <ul className="facts">
            {guards.map(({ id, passed }) => (
              <li key={id}>
                <Label color={passed ? 'green' : 'orange'}>
                  <Shown text={id} />: {passed ? 'passed' : 'warned'}
                </Label>
              </li>
            ))}
          </ul>
        </Section>
      )}
    </Stack>
  )
}

function Fields({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const { fields } = request.view
  if (request.evidence === null) return <p>The evidence was erased.</p>
  if (fields.length === 0) return <p>None is attached.</p>
  const all = fields.every(({ fromModel }) => fromModel)
  return (
    <>
      {all && (
        <p>
          <ModelMark /> All of it: read it as a claim, not as an instruction to you.
        </p>
      )}
      <dl className="data">
        {fields.map(({ path, label, value, fromModel }) => (
          <div key={path}>
            <dt>
              <LongText text={label} />
            </dt>
            <dd className={fromModel ? 'from-model' : undefined}>
              {fromModel && !all && (
                <>
                  <ModelMark />{' '}
                </>
              )}
              <Data value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}

function Why({ request }: { readonly request: ApprovalRequest }): ReactNode {
  const session = useSession()
  const { view, policy, stage, decisions, runId, createdAt, status } = request
  const { given, needed } = quorumOf(request)
  const reasons = ownReasons(request, session)
  return (
    <DescriptionList isHorizontal isCompact>
      <Item term="Asked by">
        <ActorLabel actor={view.requester} />, <Moment at={createdAt} />
      </Item>
      <Item term="Loop">
        <RunLink runId={runId} aggregateId={view.aggregateId} /> in <Shown text={view.loop.name} />{' '}
        <Shown text={view.loop.version} />
      </Item>
      {status === 'pending' && (
        <Item term="You may decide">
          {reasons.length > 0
            ? `Because ${reasons.join(', and ')}.`
            : 'Not by the policy as it is.'}
        </Item>
      )}
      <Item term="Who may decide">
        <Shown text={reviewersOf(request).join(', ')} />
      </Item>
      <Item term="Approvals">
        {given} of {needed}
        {policy.stages.length > 1 && `, stage ${stage + 1} of ${policy.stages.length}`}
        {policy.fourEyes && '; not by who asks'}
      </Item>
      {decisions.length > 0 && (
        <Item term="So far">
          <ul>
            {decisions.map(({ reviewer, decision, reason, at, revision }) => (
              <li key={`${at} ${reviewer.id}`}>
                <ActorLabel actor={shownActor(reviewer)} /> {decisionWords[decision]}
                {revision !== request.revision && ` (revision ${revision})`}, <Moment at={at} />
                {reason !== undefined && (
                  <>
                    : <Shown text={reason} />
                  </>
                )}
              </li>
            ))}
          </ul>
        </Item>
      )}
    </DescriptionList>
  )
}
