import { expect, test } from 'vitest'

import { hasPassword, secretsOf, withoutSecrets } from './secrets.ts'

test('a password and its URL are replaced by stars wherever they stand', () => {
  const secrets = secretsOf('postgres://loop:s3cr%40t@db/loop')

  expect(withoutSecrets('s3cr@t, s3cr%40t, postgres://loop:s3cr%40t@db/loop.', secrets)).toBe(
    '***, ***, ***.',
  )
})

test('a password may be a parameter of the URL', () => {
  const url = 'postgresql://db/loop?user=me&password=s3cr%40t&sslmode=require'

  expect(hasPassword(url)).toBe(true)
  expect(withoutSecrets(`s3cr@t, ${url}, password=s3cr%40t`, secretsOf(url))).toBe(
    '***, ***, password=***',
  )
})

test.each(['postgres://postgres:postgres@db/app', 'postgres://postgres:loop@db/loop'])(
  'a password that is also another word of its URL is not replaced in other texts: %s',
  (url) => {
    const text = 'loop list --postgres URL'
    const altered = url.replace('/app', '/other').replace('/loop', '/other')

    expect(withoutSecrets(text, secretsOf(url))).toBe(text)
    expect(withoutSecrets(`${url} and ${altered}`, secretsOf(url))).toBe(
      '*** and postgres://postgres***db/other',
    )
  },
)
