import { startPostgres } from '@loop-engine/testing'
import pg from 'pg'
import { expect, test } from 'vitest'

import { bigintArray, textArray } from './binary-array.ts'

test('the server reads every value that it is sent', async () => {
  const texts = ['', 'a', null, '"{},\\', 'NULL', '漢字 🎈', 'x'.repeat(70_000)]
  const numbers = [
    0,
    -1,
    null,
    1,
    2 ** 32,
    -(2 ** 32) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ]
  const server = await startPostgres()
  const client = new pg.Client({ connectionString: server.url })
  try {
    await client.connect()

    const { rows } = await client.query<{ texts: unknown; numbers: (string | null)[] }>(
      'SELECT $1::text[] AS texts, $2::bigint[] AS numbers',
      [textArray(texts), bigintArray(numbers)],
    )

    expect(rows[0]?.texts).toEqual(texts)
    expect(rows[0]?.numbers.map((text) => text && Number(text))).toEqual(numbers)
  } finally {
    await client.end()
    await server.stop()
  }
})
