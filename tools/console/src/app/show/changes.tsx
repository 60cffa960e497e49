import type { ReactNode } from 'react'

import { Data } from './data.tsx'
import type { Change } from './difference.ts'
import { LongText } from './long-text.tsx'

/** What was edited: before and after, in words as well as in colour. */
export function Changes({ changes }: { readonly changes: readonly Change[] }): ReactNode {
  if (changes.length === 0) return <p>Nothing is changed.</p>
  return (
    <dl className="data changes">
      {changes.map(({ path, kind, before, after }) => (
        <div key={path}>
          <dt>
            <LongText text={path === '' ? 'everything' : path} /> {kind}
          </dt>
          <dd>
            {kind !== 'added' && (
              <del>
                <span className="hidden-word">before: </span>
                <Data value={before} />
              </del>
            )}
            {kind !== 'removed' && (
              <ins>
                <span className="hidden-word">after: </span>
                <Data value={after} />
              </ins>
            )}
          </dd>
        </div>
      ))}
    </dl>
  )
}
