import type { types } from '@slack/bolt'

import { fit, visible, visibleLine } from './visible-text.ts'

/** Fits texts from outside onto a card, and remembers whether anything had to be left out. */
export interface Paper {
  /** The text on one line, escaped, in at most `limit` bytes. */
  line(text: string, limit: number): string
  /** The text with its line breaks, escaped, in at most `limit` bytes. */
  prose(text: string, limit: number): string
  leftOut(): void
  isCut(): boolean
}

export function createPaper(): Paper {
  let isCut = false
  const put = (text: string, limit: number): string => {
    const fitted = fit(text, limit)
    isCut ||= fitted.isCut
    return fitted.text
  }
  return {
    line: (text, limit) => put(visibleLine(text), limit),
    prose: (text, limit) => put(visible(text), limit),
    leftOut() {
      isCut = true
    },
    isCut: () => isCut,
  }
}

/** Text without any formatting, not even emoji. */
export function plain(text: string): types.PlainTextElement {
  return { type: 'plain_text', text, emoji: false }
}

/** A section of plain text. Slack accepts 3000 characters in it. */
export function plainSection(lines: readonly string[]): types.SectionBlock {
  return { type: 'section', text: plain(lines.join('\n')) }
}

/** The bytes of blocks on the wire, with room for the id of each. */
export function weighBlocks(blocks: readonly types.KnownBlock[]): number {
  return blocks.reduce((sum, block) => sum + Buffer.byteLength(JSON.stringify(block)) + 40, 2)
}
