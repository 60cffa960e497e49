import type { HistoryItem } from '@loop-engine/client'
import type { LedgerEntry } from '@loop-engine/core'
import { sentenceOf } from '@loop-engine/observability'
import { ExpandableSection, Label } from '@patternfly/react-core'
import { useMemo, type ReactNode } from 'react'

import { ActorType, ModelMark } from '../show/actor-label.tsx'
import { Changes } from '../show/changes.tsx'
import { Data } from '../show/data.tsx'
import { differencesOf } from '../show/difference.ts'
import { ExactMoment } from '../show/moment.tsx'
import { Shown } from '../show/shown.tsx'
import { Attribution } from './attribution.tsx'
import { evidenceAsked } from './evidence-asked.ts'

/** The record of a run, oldest first: who, what, on which grounds. */
export function Timeline({ items }: { readonly items: readonly HistoryItem[] }): ReactNode {
  const asked = useMemo(() => evidenceAsked(items), [items])
  return (
    <ol className="timeline">
      {items.map(({ entry, hash, evidence }) => (
        <Entry
          key={hash}
          // The server has opened it from the record.
          entry={entry as unknown as LedgerEntry}
          hash={hash}
          evidence={evidence}
          asked={asked}
        />
      ))}
    </ol>
  )
}

type Evidence = HistoryItem['evidence']

interface EntryProps {
  readonly entry: LedgerEntry
  readonly hash: string
  readonly evidence: Evidence
  readonly asked: ReadonlyMap<string, Evidence>
}

function Entry({ entry, hash, evidence, asked }: EntryProps): ReactNode {
  const { seq, at, actor, guards = [], approval, fromState, toState } = entry
  const before = approval && asked.get(approval.id)
  const changes =
    before && evidence && entry.type === 'loop.transition.executed'
      ? differencesOf(before, evidence)
      : []
  return (
    <li>
      <div className="facts subtle">
        <span>#{seq}</span>
        <ExactMoment at={at} />
        <code title={hash}>{hash.slice(0, 12)}</code>
      </div>
      <div>
        <ActorType type={actor.type} /> <Shown text={sentenceOf(entry)} />
      </div>
      <div className="facts">
        {toState !== undefined && (
          <Label isCompact variant="outline">
            <Shown text={fromState === undefined ? toState : `${fromState} → ${toState}`} />
          </Label>
        )}
        {guards.map(({ id, passed, severity, message }) => (
          <Label
            key={id}
            isCompact
            color={passed ? 'green' : severity === 'hard' ? 'red' : 'orange'}
          >
            <Shown
              text={`${id}: ${passed ? 'passed' : (message ?? 'did not pass')}${severity === 'soft' && !passed ? ' (only warns)' : ''}`}
            />
          </Label>
        ))}
        {approval?.reviewers?.map((reviewer) => (
          <Label key={reviewer} isCompact color="blue">
            approved by <Shown text={reviewer} />
          </Label>
        ))}
      </div>
      {changes.length > 0 && (
        <div>
          <h3>Edited before it ran</h3>
          <Changes changes={changes} />
        </div>
      )}
      <Attribution actor={actor} />
      {evidence !== null && (
        <ExpandableSection toggleText={`Evidence of entry ${seq}`}>
          {actor.type === 'ai-agent' && <ModelMark />}
          <Data value={evidence} />
        </ExpandableSection>
      )}
      {evidence === null && entry.evidence && <p>The evidence was erased; its digest stays.</p>}
    </li>
  )
}
