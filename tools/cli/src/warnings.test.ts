import { spawnSync } from 'node:child_process'

import { expect, test } from 'vitest'

import { command, environment } from './workshop.fixture.ts'

test("Node's warnings of experimental features are hidden, and other warnings are not", () => {
  // Node 22 gives such a warning for its SQLite.
  const experimental = `process.once('beforeExit', () => {
    process.emitWarning('SQLite is an experimental feature', 'ExperimentalWarning')
    process.emitWarning('The disk is old')
  })`
  const preload = `--import=data:text/javascript,${encodeURIComponent(experimental)}`
  const main = command.slice(-2)

  const { status, stderr } = spawnSync(process.execPath, [preload, ...main, '--version'], {
    env: environment,
    encoding: 'utf8',
  })

  expect(status).toBe(0)
  expect(stderr).toContain('The disk is old')
  expect(stderr).not.toContain('experimental')
})
