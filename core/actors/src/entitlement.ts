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
  const names = reviewerNames(reviewer)
  return reviewers.some((named) => names.includes(named))
}

/** Every name by which a policy or a delegation may mean somebody. Who is no human has none. */
export function reviewerNames({ type, id, roles = [], groups = [] }: Actor): readonly string[] {
  if (type !== 'human') return []
  const ids = id.startsWith('user:') ? [id, id.slice(5)] : [id]
  return [
    '*',
    ...ids.filter((name) => !/^(user|role|group):/.test(name)),
    ...ids.map((name) => `user:${name}`),
    ...roles.map((role) => `role:${role}`),
    ...groups.map((group) => `group:${group}`),
  ]
}
