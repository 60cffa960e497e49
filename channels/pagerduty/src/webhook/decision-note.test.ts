import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createDecisionCodes } from '../incident/decision-code.ts'
import { readDecisionNote } from './decision-note.ts'

const codes = createDecisionCodes(['a secret of at least thirty-two bytes'])
const reference = fc.record({
  tenant: fc.string({ minLength: 1 }),
  requestId: fc.string({ minLength: 1 }),
  revision: fc.integer({ min: 1, max: 99 }),
  viewHash: fc.stringMatching(/^[0-9a-f]{64}$/),
})

describe('a note', () => {
  test.each([
    ['approve 7Q2M-XK4D', 'approve', undefined],
    ['  Approve 7q2mxk4d  ', 'approve', undefined],
    ['APPROVE 7Q2M XK4D, looks good', 'approve', 'looks good'],
    ['approve\n7Q2M-XK4D.\nlooks\ngood', 'approve', 'looks\ngood'],
    ['reject 7Q2M\u2013XK4D not ours', 'reject', 'not ours'],
  ])('%j decides', (content, decision, reason) => {
    const note = readDecisionNote(content)

    expect(note).toMatchObject({ kind: 'decision', decision })
    expect(note).toHaveProperty('code')
    expect('reason' in note ? note.reason : undefined).toBe(reason)
  })

  test.each([
    ['reject 7Q2M-XK4D', 'no-reason'],
    ['reject 7Q2M-XK4D .', 'decision'],
    ['approve', 'unclear'],
    ['approved!', 'unclear'],
    ['Approve it, please', 'unclear'],
    ['approve 7Q2M-XK4DX', 'unclear'],
    ['approve 7Q2M-XK4', 'unclear'],
    ['reject because of the costs', 'unclear'],
    ['deny', 'unclear'],
    ['do not approve 7Q2M-XK4D', 'talk'],
    ['"approve 7Q2M-XK4D"', 'talk'],
    ['> approve 7Q2M-XK4D', 'talk'],
    ['approval is pending', 'talk'],
    ['approve-bot is down', 'talk'],
    ['', 'talk'],
  ])('%j is %s', (content, kind) => {
    expect(readDecisionNote(content).kind).toBe(kind)
  })

  test('of any length and any characters is read at once, and decides only what it begins with', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(fc.constantFrom('approve ', 'reject ', 'REJECT\t'), fc.string())
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (content) => {
        const note = readDecisionNote(content)
        const word = note.kind === 'decision' ? note.decision : ''
        return content.trim().toLowerCase().startsWith(word)
      }),
      { seed: 1 },
    )
    expect(readDecisionNote(`approve ${'a '.repeat(100_000)}`).kind).toBe('unclear')
  })

  test('with any code of ours and any reason is understood as it was meant', () => {
    const reason = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(reference, reason, fc.boolean(), (about, why, isLower) => {
        const code = codes.codeFor(about)
        const typed = isLower ? code.toLowerCase() : code.replace('-', '')
        const note = readDecisionNote(`reject ${typed} ${why}`)

        expect(note).toMatchObject({ kind: 'decision', decision: 'reject', reason: why.trim() })
        expect(note.kind === 'decision' && codes.matches(note.code, about)).toBe(true)
      }),
      { seed: 1 },
    )
  })

  test('with a reason of a novel is cut to what the core takes, at a character, and says so', () => {
    const note = readDecisionNote(`reject 7Q2M-XK4D ${'\u{1f6d1}'.repeat(5000)}`)

    const reason = note.kind === 'decision' ? (note.reason ?? '') : ''
    expect(reason.length).toBeLessThanOrEqual(4096)
    expect(reason.isWellFormed()).toBe(true)
    expect(reason).toMatch(/…\[cut\]$/)
  })
})

describe('a code', () => {
  const about = { tenant: 't', requestId: 'r:1', revision: 1, viewHash: 'a'.repeat(64) }

  test('is eight characters that nobody mistakes', () => {
    expect(codes.codeFor(about)).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  })

  test('is good for one revision of one request as it was shown, and survives what people type', () => {
    const code = codes.codeFor(about)
    const typed = code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')

    expect(codes.matches(typed, about)).toBe(true)
    for (const other of [
      { ...about, tenant: 'u' },
      { ...about, requestId: 'r:2' },
      { ...about, revision: 2 },
      { ...about, viewHash: 'b'.repeat(64) },
    ])
      expect(codes.matches(code, other)).toBe(false)
  })

  test('of the secret before is accepted while secrets change, and not after', () => {
    const next = 'another secret of thirty-two bytes'
    const old = codes.codeFor(about)
    const both = createDecisionCodes([next, 'a secret of at least thirty-two bytes'])

    expect(both.matches(old, about)).toBe(true)
    expect(both.codeFor(about)).not.toBe(old)
    expect(createDecisionCodes([next]).matches(old, about)).toBe(false)
  })
})
