import { createHmac } from 'node:crypto'

import { textsOf, type FakeSlack, type MessageVersion } from './fake-slack.fixture.ts'

/** What a person typed into a form, by block; an option is named by its value. */
export type Values = Readonly<Record<string, string | { readonly option: string } | null>>

export function tokenOf({ blocks }: MessageVersion, action: string): string | undefined {
  return blocks
    .flatMap(({ elements = [] }) => elements)
    .find(({ action_id }) => action_id === `loop:${action}`)?.value
}

/** The titles of notices that replace a form. */
export const noticesOf = ({ views }: FakeSlack): string[] =>
  views.flatMap(({ versions }) =>
    versions
      .slice(1)
      .filter(({ callback_id }) => !callback_id)
      .map((view) => textsOf(view).join('\n')),
  )

export function stateOf(values: Values): object {
  return Object.fromEntries(
    Object.entries(values).map(([block, value]) => [
      block,
      {
        input:
          typeof value === 'object' && value !== null
            ? { type: 'static_select', selected_option: { value: value.option } }
            : { type: 'plain_text_input', value },
      },
    ]),
  )
}

/** A repeated delivery has the same time of action. */
export function tsOf(deliveryId: string): string {
  const digits = createHmac('sha256', 'ts').update(deliveryId).digest().readUInt32BE(0)
  return `1767225600.${String(digits).padStart(10, '0')}`
}
