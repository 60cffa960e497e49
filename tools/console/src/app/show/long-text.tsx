import { Button } from '@patternfly/react-core'
import { useState, type ReactNode } from 'react'

import { Shown } from './shown.tsx'
import { isSpace } from './unseen.ts'

const longest = 600
const [head, tail] = [400, 120]

/** A text that is folded when it is long. What is folded away is counted, and its end is seen: nothing hides behind it. */
export function LongText({ text }: { readonly text: string }): ReactNode {
  const [open, setOpen] = useState(false)
  if (text.length <= longest) return <Shown text={text} />
  if (open)
    return (
      <>
        <div className="whole">
          <Shown text={text} />
        </div>
        <Button variant="link" isInline onClick={() => setOpen(false)}>
          Fold
        </Button>
      </>
    )
  let [until, from] = [wholeBefore(text, head), wholeBefore(text, text.length - tail)]
  // A space where the text is cut is none at its end.
  while (isSpace(text, until - 1)) until -= 1
  while (isSpace(text, from)) from += 1
  return (
    <>
      <Shown text={text.slice(0, until)} />
      <Button className="fold" variant="link" isInline onClick={() => setOpen(true)}>
        … {(from - until).toLocaleString('en')} of {text.length.toLocaleString('en')} characters are
        folded: show all …
      </Button>
      <Shown text={text.slice(from)} />
    </>
  )
}

/** Does not cut a character in two. */
function wholeBefore(text: string, index: number): number {
  const code = text.charCodeAt(index)
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}
