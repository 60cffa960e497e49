import type { Who } from '@loop-engine/client'
import { expect, test } from 'vitest'

import { ownReasons } from './policy.ts'
import { request } from './request.fixture.ts'

const who = (id: string, roles: readonly string[], groups: readonly string[] = []) =>
  ({ actor: { type: 'human', id, roles, groups } }) as unknown as Who

test('says why somebody may decide: role, group or name, by escalation and delegation, too', () => {
  expect(ownReasons(request, who('alice', ['finance']))).toEqual(['you have the role finance'])
  expect(ownReasons(request, who('bob', []))).toEqual(['you are named'])
  expect(ownReasons(request, who('eve', [], ['oncall']))).toEqual(['you are in the group oncall'])
  expect(ownReasons(request, who('role:finance', ['sales']))).toEqual([])
})
