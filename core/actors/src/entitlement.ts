import type { Actor } from '@loop-engine/core'

export function hasRole(actor: Actor, role: string): boolean {
  return actor.roles?.includes(role) ?? false
}

/**
 * Whether an actor is one of the reviewers that a policy names: `alice` or `user:alice`, `role:x`, `group:y`, or `*`
 * for any human. Always false for an actor that is not human.
 */
export function mayReview(reviewer: Actor, reviewers: readonly string[]): boolean {
  const names = reviewerNames(reviewer)
  return reviewers.some((named) => names.includes(named))
}

/** Every name by which a policy or a delegation can mean an actor; none for an actor that is not human. */
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
