import { expect, test } from 'vitest'

import { hasPassword, secretsOf, withoutSecrets } from './secrets.ts'

test('a password is starred wherever it stands, as is the URL around it', () => {
  const secrets = secretsOf('postgres://loop:s3cr%40t@db/loop')

  expect(withoutSecrets('s3cr@t, s3cr%40t, postgres://loop:s3cr%40t@db/loop.', secrets)).toBe(
    '***, ***, ***.',
  )
})

test('a password among the parameters of a URL is one as well', () => {
  const url = 'postgresql://db/loop?user=me&password=s3cr%40t&sslmode=require'

  expect(hasPassword(url)).toBe(true)
  expect(withoutSecrets(`s3cr@t, ${url}, password=s3cr%40t`, secretsOf(url))).toBe(
    '***, ***, password=***',
  )
})

test.each(['postgres://postgres:postgres@db/app', 'postgres://postgres:loop@db/loop'])(
  'a password that is said in clear beside it spoils no other text: %s',
  (url) => {
    const text = 'loop list --postgres URL'
    const altered = url.replace('/app', '/other').replace('/loop', '/other')

    expect(withoutSecrets(text, secretsOf(url))).toBe(text)
    expect(withoutSecrets(`${url} and ${altered}`, secretsOf(url))).toBe(
      '*** and postgres://postgres***db/other',
    )
  },
)
