import type { Actor } from '@loop-engine/core'

/** Whether an actor bears a role. */
export function hasRole(actor: Actor, role: string): boolean {
  return actor.roles?.includes(role) ?? false
}

/**
 * Whether a reviewer is among those a policy names: `alice` or `user:alice`, `role:x`, `group:y`,
 * or `*` for any human. Only a human ever reviews, whoever is named.
 */
export function mayReview(reviewer: Actor, reviewers: readonly string[]): boolean {
  return reviewer.type === 'human' && reviewers.some((named) => isNamed(reviewer, named))
}

function isNamed(reviewer: Actor, named: string): boolean {
  if (named === '*') return true
  if (named.startsWith('role:')) return hasRole(reviewer, named.slice(5))
  if (named.startsWith('group:')) return reviewer.groups?.includes(named.slice(6)) ?? false
  if (named.startsWith('user:')) return reviewer.id === named.slice(5) || reviewer.id === named
  return reviewer.id === named || reviewer.id === `user:${named}`
}
