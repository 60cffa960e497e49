import { isLoopError } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createApiKeys } from './api-keys.ts'
import { openDatabase } from './database.ts'
import type { NewApiKey } from './key-body.ts'

const right: NewApiKey = {
  tenant: 'acme',
  name: 'shop',
  actor: { type: 'automation', id: 'shop' },
  scopes: ['read'],
  createdBy: 'me',
}

test.each([
  ['/scopes/0', { scopes: ['write'] }],
  ['/scopes', { scopes: 'read' }],
  ['/actor/type', { actor: { type: 'human', id: 'alice' } }],
  ['/actor', { actor: 'shop' }],
  ['/tenant', { tenant: undefined }],
  ['/name', { name: undefined }],
  ['/createdBy', { createdBy: undefined }],
  ['/expiresAt', { expiresAt: '2030-01-01' }],
  ['/expiresAt', { expiresAt: new Date(0) }],
  // With a misspelt `expiresAt` the key would never expire.
  ['/expires', { expires: 1 }],
])('an invalid key is refused at %s, and does not hide the other keys', (path, change: object) => {
  const keys = createApiKeys(openDatabase(':memory:'), { now: () => 1 })
  keys.create(right)

  const make = (): unknown => keys.create({ ...right, ...change })

  expect(make).toThrow(expect.objectContaining({ code: 'invalid_config', path }))
  expect(make).toThrow(expect.toSatisfy(isLoopError))
  expect(keys.list({ tenant: 'acme' }).items).toHaveLength(1)
})
