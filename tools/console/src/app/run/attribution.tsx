import type { Actor } from '@loop-engine/core'
import { DescriptionList, ExpandableSection } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { Item } from '../show/item.tsx'
import { Shown } from '../show/shown.tsx'

/** Which model was asked what, and how a person was known. */
export function Attribution({ actor }: { readonly actor: Actor }): ReactNode {
  const { provider, modelId, servedModel, promptHash, promptVersion, confidence, assurance } = actor
  const facts = Object.entries({
    Provider: provider,
    'Model asked for': modelId,
    'Model that answered': servedModel,
    Prompt: promptHash,
    'Prompt version': promptVersion,
    'Confidence, as the model says': confidence === undefined ? undefined : `${confidence}`,
    'Known by': assurance?.method,
    Subject: assurance?.subject,
  }).filter((fact): fact is [string, string] => fact[1] !== undefined)
  if (facts.length === 0) return null
  return (
    <ExpandableSection toggleText="Attribution">
      <DescriptionList isHorizontal isCompact>
        {facts.map(([term, value]) => (
          <Item key={term} term={term}>
            <Shown text={value} />
          </Item>
        ))}
      </DescriptionList>
    </ExpandableSection>
  )
}
