import { createPublicKey } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import {
  createNoteSigner,
  generateNoteSigner,
  openCheckpoint,
  openNote,
  signCheckpoint,
  signNote,
} from '../index.ts'

// The example of the Go project's note package.
const peter = {
  name: 'PeterNeumann',
  publicKey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
}
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const published = `${text}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`
const root = 'ab'.repeat(32)

describe('a signed note', () => {
  test('of another implementation opens', () => {
    expect(openNote(published, [peter])).toEqual({ text, signedBy: [peter] })
  })

  test('is signed byte for byte as others sign it', async () => {
    const seed = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1)
    const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]).toString('base64')}\n-----END PRIVATE KEY-----\n`
    const signer = createNoteSigner({ name: 'PeterNeumann', privateKey: pem })
    expect(signer.publicKey).toBe(peter.publicKey)
    expect(await signNote(text, [signer])).toBe(published)
  })

  test('ignores keys that are unknown, and is refused when a known one does not verify', async () => {
    const [own, other] = [generateNoteSigner('a.example'), generateNoteSigner('b.example')]
    const note = await signNote('hello\n', [own.signer, other.signer])
    expect(openNote(note, [own]).signedBy).toEqual([own])
    expect(openNote(note, []).signedBy).toEqual([])
    expect(() => openNote(note.replace('hello', 'hullo'), [own])).toThrow(
      expect.objectContaining({ code: 'refused' }),
    )
    expect(
      openNote(note.replace('hello', 'hullo'), [generateNoteSigner('a.example')]).signedBy,
    ).toEqual([])
  })

  test('takes keys as PEM and as objects', async () => {
    const { privateKey, signer, name } = generateNoteSigner('a.example')
    const key = createPublicKey(privateKey)
    const note = await signNote('hello\n', [signer])
    expect(openNote(note, [{ name, publicKey: key }]).signedBy).toHaveLength(1)
    expect(
      openNote(note, [{ name, publicKey: key.export({ type: 'spki', format: 'pem' }).toString() }])
        .signedBy,
    ).toHaveLength(1)
  })

  test.each([
    '',
    '\n',
    'text',
    'text\n\n',
    'text\n\n— name\n',
    'text\n\n— name AAAA\n',
    'te\u0000xt\n\n— n AAAAAAAAAA==\n',
    published.replace('JnAM=', 'JnAN='),
    published.slice(0, -1),
    '\n\n'.repeat(600_000),
  ])('that is malformed is an input error (%#)', (note) => {
    expect(() => openNote(note, [peter])).toThrow(
      expect.objectContaining({ code: expect.stringMatching('invalid_input|refused') }),
    )
  })

  test.each([
    ['another line break at its end', `${published}\n`],
    ['line breaks of Windows', published.replaceAll('\n', '\r\n')],
  ])('with %s is none, and how to keep one is told', (_, note) => {
    expect(() => openNote(note, [peter])).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('byte for byte') }),
    )
  })

  test.each(['a b', 'a+b', ''])('has no signer called %j', (name) => {
    expect(() => generateNoteSigner(name)).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  })

  test('has no signer whose end is misspelt', () => {
    const { name, privateKey } = generateNoteSigner('a.example')
    const misspelt = { name, privateKey, notafter: 1 }

    expect(() => createNoteSigner(misspelt)).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/notafter' }),
    )
  })

  test('refuses a verifier key that was mistyped', () => {
    expect(() =>
      openNote(published, [{ ...peter, publicKey: peter.publicKey.replace('c74f', 'c74e') }]),
    ).toThrow(expect.objectContaining({ code: 'invalid_config' }))
  })
})

describe('a checkpoint', () => {
  test('says which log it is of, how long it is, and what its root is', async () => {
    const { signer, name, publicKey } = generateNoteSigner('a.example')
    const note = await signCheckpoint(
      { origin: 'a.example/default', size: 7, root, at: 1000 },
      signer,
    )
    expect(note.split('\n').slice(0, 4)).toEqual([
      'a.example/default',
      '7',
      Buffer.from(root, 'hex').toString('base64'),
      'at 1000',
    ])
    expect(openCheckpoint(note, [{ name, publicKey }])).toEqual({
      origin: 'a.example/default',
      size: 7,
      root,
      at: 1000,
      signedBy: ['a.example'],
    })
  })

  test('counts only under a key that was valid when it was made', async () => {
    const { signer, name, publicKey } = generateNoteSigner('a.example')
    const note = await signCheckpoint(
      { origin: 'a.example/default', size: 7, root, at: 1000 },
      signer,
    )
    expect(() => openCheckpoint(note, [{ name, publicKey, notAfter: 1000 }])).toThrow(
      expect.objectContaining({ details: { reason: 'key_not_valid' } }),
    )
    expect(() => openCheckpoint(note, [{ name, publicKey, notBefore: 1001 }])).toThrow(
      expect.objectContaining({ code: 'refused' }),
    )
    expect(openCheckpoint(note, [{ name, publicKey, notBefore: 1000, notAfter: 1001 }]).size).toBe(
      7,
    )
    expect(() => openCheckpoint(note, [])).toThrow(
      expect.objectContaining({ details: { reason: 'unknown_key' } }),
    )
  })

  test.each(['o\n07\n', 'o\n-1\n', 'o\n9007199254740993\n', 'o\n1e3\n'])(
    'has a plain number for a size',
    async (head) => {
      const { signer } = generateNoteSigner('a.example')
      const note = await signNote(`${head}${Buffer.from(root, 'hex').toString('base64')}\n`, [
        signer,
      ])
      expect(() => openCheckpoint(note, [signer])).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      )
    },
  )
})
