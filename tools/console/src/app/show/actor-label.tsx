import type { Actor } from '@loop-engine/client'
import { Label } from '@patternfly/react-core'
import { AutomationIcon, CogIcon, RobotIcon, UserIcon } from '@patternfly/react-icons'
import type { ReactNode } from 'react'

import { Shown } from './shown.tsx'

export interface ShownActor {
  readonly type: string
  readonly id: string
  readonly displayName?: string
  readonly model?: string
  readonly onBehalfOf?: string
}

/** Who: a person, an agent with its model, a program; and for whom. */
export function ActorLabel({
  actor: { type, id, displayName, model, onBehalfOf },
}: {
  readonly actor: ShownActor
}): ReactNode {
  return (
    <span className="actor">
      <ActorType type={type} />{' '}
      <strong>
        <Shown text={displayName ?? id} />
      </strong>
      {displayName !== undefined && displayName !== id && (
        <>
          {' '}
          (<Shown text={id} />)
        </>
      )}
      {model !== undefined && (
        <>
          {' '}
          with <Shown text={model} />
        </>
      )}
      {onBehalfOf !== undefined && (
        <>
          {' '}
          for <Shown text={onBehalfOf} />
        </>
      )}
    </span>
  )
}

/** An actor as it is on record. */
export function shownActor({
  type,
  id,
  displayName,
  servedModel,
  modelId,
  onBehalfOf,
}: Actor): ShownActor {
  const model = servedModel ?? modelId
  return {
    type,
    id,
    ...(displayName !== undefined && { displayName }),
    ...(model !== undefined && { model }),
    ...(onBehalfOf && { onBehalfOf: onBehalfOf.id }),
  }
}

/** What somebody is: a person, an agent, a program. */
export function ActorType({ type }: { readonly type: string }): ReactNode {
  return (
    <Label isCompact color={colors[type] ?? 'grey'} icon={icons[type]}>
      {words[type] ?? type}
    </Label>
  )
}

/** Says that a model wrote it, in words as well as in colour. */
export function ModelMark(): ReactNode {
  return (
    <Label isCompact color="purple" icon={<RobotIcon />}>
      Written by a model
    </Label>
  )
}

const words: Readonly<Record<string, string>> = {
  human: 'Person',
  'ai-agent': 'AI agent',
  automation: 'Program',
  system: 'System',
}
const colors: Readonly<Record<string, 'blue' | 'purple' | 'teal' | 'grey'>> = {
  human: 'blue',
  'ai-agent': 'purple',
  automation: 'teal',
}
const icons: Readonly<Record<string, ReactNode>> = {
  human: <UserIcon />,
  'ai-agent': <RobotIcon />,
  automation: <AutomationIcon />,
  system: <CogIcon />,
}
