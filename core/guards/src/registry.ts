import { isId, LoopError, type Guard } from '@loop-engine/core'

import { createBuiltInGuards } from './built-in/built-in-guards.ts'
import type { GuardNeed } from './evaluating/prepare-guard.ts'

/** The guards a definition may name. */
export interface GuardRegistry {
  readonly ids: readonly string[]
  get(id: string): Guard | undefined
}

/** The built-in guards and your own. Throws `already_exists` when an id is taken: no guard is ever replaced silently. */
export function createGuardRegistry(guards: readonly Guard[] = []): GuardRegistry {
  const byId = new Map(createBuiltInGuards().map((guard) => [guard.id, guard]))
  for (const [index, guard] of guards.entries()) {
    if (!isId(guard?.id) || (guard.contract === 'guard/v1' && typeof guard.evaluate !== 'function'))
      throw new LoopError('invalid_config', 'A guard has an id and a function that evaluates.', {
        path: `/guards/${index}`,
        hint: 'Give it an id that a loop can name, and `evaluate`.',
      })
    if (guard.needs !== undefined && !areNeeds(guard.needs))
      throw new LoopError('invalid_config', 'A guard needs facts that nobody reads.', {
        path: `/guards/${index}/needs`,
        hint: `Give a list of ${needs.join(' and ')}.`,
      })
    if (byId.has(guard.id)) {
      throw new LoopError('already_exists', 'A guard of this id is already registered.', {
        details: { id: guard.id },
        hint: 'Give your guard an id of its own; a built-in one cannot be replaced.',
      })
    }
    if (guard.contract !== 'guard/v1') {
      throw new LoopError('unsupported', 'A guard speaks an unknown version of the contract.', {
        details: { id: guard.id },
        hint: "Return `contract: 'guard/v1'`.",
      })
    }
    byId.set(guard.id, guard)
  }
  return {
    ids: [...byId.keys()],
    get: (id) => byId.get(id),
  }
}

const needs: readonly GuardNeed[] = ['last-executed', 'approvals']

function areNeeds(given: unknown): boolean {
  return Array.isArray(given) && given.every((need) => needs.some((known) => known === need))
}
