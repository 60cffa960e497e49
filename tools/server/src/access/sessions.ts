import type { DatabaseSync } from 'node:sqlite'

import type { Clock } from '@loop-engine/core'

import type { Principal } from './principal.ts'
import { digestOfSecret, newSecret } from './secret.ts'

/** Browser sessions of people, and the one-time tokens that open them. */
export interface Sessions {
  /** Makes a token that opens one session. */
  invite(principal: Principal, ttlMs: number): string
  /** Spends a token; null if it is unknown, spent or expired. */
  accept(token: string): Principal | null
  open(principal: Principal, ttlMs: number): { readonly secret: string; readonly expiresAt: number }
  find(secret: string): Principal | null
  end(secret: string): void
}

const shape = /^[A-Za-z0-9_-]{43}$/

export function createSessions(database: DatabaseSync, clock: Pick<Clock, 'now'>): Sessions {
  const prune = (table: 'login' | 'session'): void => {
    database.prepare(`DELETE FROM ${table} WHERE expires_at <= ?`).run(clock.now())
  }
  const insertLogin = database.prepare('INSERT INTO login VALUES (?, ?, ?)')
  // One statement: if two requests bring the same token, only one gets the row.
  const spend = database.prepare(
    'DELETE FROM login WHERE digest = ? RETURNING expires_at, principal',
  )
  const insert = database.prepare('INSERT INTO session VALUES (?, ?, ?)')
  const select = database.prepare('SELECT expires_at, principal FROM session WHERE digest = ?')
  const remove = database.prepare('DELETE FROM session WHERE digest = ?')
  const live = (row: unknown): Principal | null => {
    const found = row as { expires_at: number; principal: string } | undefined
    if (!found || found.expires_at <= clock.now()) return null
    return JSON.parse(found.principal) as Principal
  }

  return {
    invite(principal, ttlMs) {
      prune('login')
      const token = newSecret()
      insertLogin.run(digestOfSecret(token), clock.now() + ttlMs, JSON.stringify(principal))
      return token
    },
    accept: (token) => (shape.test(token) ? live(spend.get(digestOfSecret(token))) : null),
    open(principal, ttlMs) {
      prune('session')
      const secret = newSecret()
      const latest = principal.expiresAt ?? Number.POSITIVE_INFINITY
      const expiresAt = Math.min(clock.now() + ttlMs, latest)
      const kept: Principal = { ...principal, kind: 'session', expiresAt }
      insert.run(digestOfSecret(secret), expiresAt, JSON.stringify(kept))
      return { secret, expiresAt }
    },
    find: (secret) => (shape.test(secret) ? live(select.get(digestOfSecret(secret))) : null),
    end: (secret) => void remove.run(digestOfSecret(secret)),
  }
}
