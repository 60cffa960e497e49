import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { expect, onTestFinished, test } from 'vitest'

import { checkVersion, migrate } from './migrate.ts'

test.for([0, 1, 2])(
  'a file that another starter makes after %i looks is not taken for that of another program',
  (looks) => {
    const folder = mkdtempSync(join(tmpdir(), 'loop-migrations-'))
    const [one, other] = [0, 1].map(() => new DatabaseSync(join(folder, 'loops.db')))
    onTestFinished(() => {
      one?.close()
      other?.close()
      rmSync(folder, { recursive: true })
    })
    let left = looks
    const watched = {
      prepare(sql: string) {
        if (left-- === 0 && other) migrate(other)
        return one?.prepare(sql)
      },
    } as DatabaseSync

    expect(checkVersion(watched)).toBeGreaterThanOrEqual(0)
    migrate(one as DatabaseSync)
  },
)
