import { Button } from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { LongText } from './long-text.tsx'

const most = 30
const deepest = 4

/** JSON as what it is: names and values, of any size and depth. Never markup. */
export function Data({
  value,
  depth = 0,
}: {
  readonly value: unknown
  readonly depth?: number
}): ReactNode {
  if (value === null || value === undefined) return <span className="literal">null</span>
  if (typeof value === 'string')
    return value === '' ? <span className="literal">empty text</span> : <LongText text={value} />
  if (typeof value !== 'object') return <span className="literal">{JSON.stringify(value)}</span>
  const members = membersOf(value)
  if (members.length === 0)
    return <span className="literal">{Array.isArray(value) ? 'empty list' : 'no fields'}</span>
  return <Members members={members} depth={depth} />
}

type Member = readonly [name: string, value: unknown]

function membersOf(value: object): readonly Member[] {
  return Array.isArray(value)
    ? value.map((item: unknown, index): Member => [`${index + 1}`, item])
    : Object.entries(value)
}

function Members({
  members,
  depth,
}: {
  readonly members: readonly Member[]
  readonly depth: number
}): ReactNode {
  const [shown, setShown] = useState(depth < deepest ? most : 0)
  const rest = members.length - shown
  return (
    <>
      {shown > 0 && (
        <dl className="data">
          {members.slice(0, shown).map(([name, value]) => (
            <div key={name}>
              <dt>
                <LongText text={name} />
              </dt>
              <dd>
                <Data value={value} depth={depth + 1} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {rest > 0 && (
        <Button variant="link" isInline onClick={() => setShown(shown + 500)}>
          {shown === 0 ? `Show ${rest}` : `Show ${rest.toLocaleString('en')} more`}{' '}
          {rest === 1 ? 'value' : 'values'}
        </Button>
      )}
    </>
  )
}
