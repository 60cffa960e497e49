import type { ApprovalRequest, ApprovalView } from '@loop-engine/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { slackFaults } from '../fake-slack-limits.fixture.ts'
import { textsOf } from '../fake-slack.fixture.ts'
import { createEditForm } from '../forms/edit-form.ts'
import { anyRequest } from './any-request.fixture.ts'
import { createCardTokens } from './card-token.ts'
import { createCard } from './card.ts'

/** Large inputs shrink slowly. */
const patience = { interruptAfterTimeLimit: 20_000 }

const tokens = createCardTokens(['k'.repeat(32)])
const facts = (of: ApprovalRequest) => ({
  tenant: of.tenant,
  requestId: of.id,
  revision: of.revision,
  viewHash: of.viewHash,
  channel: 'C0LOOPS',
})
const consoleUrl = 'https://loops.example/approvals/7?a=1&b=|<>'
const cardOf = (of: ApprovalRequest) =>
  createCard({
    request: of,
    view: of.view,
    consoleUrl,
    ...(of.status === 'pending' && {
      buttons: {
        approve: tokens.seal('approve', facts(of)),
        reject: tokens.seal('reject', facts(of)),
        edit: tokens.seal('edit', facts(of)),
      },
    }),
  })

/** The two kinds of markup of the card itself: a date and the link to the console. */
const ours =
  /<!date\^\d+\^\{date_short_pretty\} at \{time\}\|[^<>|]*>|<https:\/\/loops\.example\/[^<>|]*\|the console>/g
const hidden = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/u

function expectHarmless(texts: readonly string[]): void {
  for (const shown of texts) {
    const rest = shown.replaceAll(ours, '')
    expect(rest).not.toMatch(/[<>]/)
    expect(rest).not.toMatch(/&(?!(?:amp|lt|gt);)/)
    expect(rest.replaceAll(/[\n\t]/g, '')).not.toMatch(hidden)
  }
}

describe('for any request', () => {
  test('the card is within every limit of Slack, and none of its texts is markup or hidden', () => {
    fc.assert(
      fc.property(anyRequest, (of) => {
        const { text: title, blocks, metadata } = cardOf(of)

        expect(slackFaults({ text: title, blocks })).toEqual([])
        expect(Buffer.byteLength(JSON.stringify(blocks))).toBeLessThanOrEqual(12_000)
        expectHarmless([title, ...textsOf(blocks)])
        expect(Object.keys(metadata.event_payload)).toEqual(['request_id', 'revision'])
      }),
      { numRuns: 300, seed: 1, ...patience },
    )
  })

  test('texts from outside never stand where Slack reads markup', () => {
    fc.assert(
      fc.property(anyRequest, (of) => {
        const markup =
          JSON.stringify(cardOf(of).blocks).match(/"type":"mrkdwn","text":"[^"]*"/g) ?? []
        for (const found of markup)
          expect(found).toMatch(/Expires|This card is cut|All details are shown/)
      }),
      { numRuns: 100, seed: 1, ...patience },
    )
  })

  test('a text that is cut is marked, and the card links to the console', () => {
    fc.assert(
      fc.property(anyRequest, (of) => {
        const shown = textsOf(cardOf(of).blocks).join('\n')
        const isMarked = /⟨cut: \d+ of \d+ characters shown⟩|not shown⟩/.test(shown)
        const isLinked = /This card is cut[^<]*<https:\/\/loops\.example\//.test(shown)

        expect(isWhole(of.view, shown) || isMarked).toBe(true)
        expect(isLinked).toBe(isMarked)
      }),
      { numRuns: 300, seed: 1, ...patience },
    )
  })

  test('the edit form is within every limit of Slack', () => {
    fc.assert(
      fc.property(anyRequest, (of) => {
        const form = createEditForm({ request: of, token: tokens.seal('edit-form', facts(of)) })

        expect(slackFaults(form)).toEqual([])
        expectHarmless(textsOf(form))
      }),
      { numRuns: 200, seed: 1, ...patience },
    )
  })
})

/** Whether the card shows all of the fields, as data. */
function isWhole({ fields }: ApprovalView, shown: string): boolean {
  return fields.every(({ value: of }) => {
    const data = typeof of === 'string' ? of || '⟨empty⟩' : JSON.stringify(of, null, 2)
    const plain = data.replaceAll(new RegExp(hidden, 'gu'), (character) =>
      /[\n\t]/.test(character)
        ? character
        : `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
    )
    const escaped = plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    return shown.includes(escaped.replaceAll('\n', '\n| '))
  })
}
