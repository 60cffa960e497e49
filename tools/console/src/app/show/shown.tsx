import { Fragment, type ReactNode } from 'react'

import { partsOf } from './unseen.ts'

/** Text from outside, as text: nothing in it is markup, turns what stands around it, or goes unseen. */
export function Shown({ text }: { readonly text: string }): ReactNode {
  return (
    <bdi className="shown">
      {partsOf(text).map((part, index) =>
        part.seen ? (
          // Parts never change places.
          // oxlint-disable-next-line react/no-array-index-key
          <Fragment key={index}>{part.text}</Fragment>
        ) : (
          // oxlint-disable-next-line react/no-array-index-key
          <mark className="unseen" key={index}>
            {part.name}
          </mark>
        ),
      )}
    </bdi>
  )
}
