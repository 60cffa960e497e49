import type { DatabaseSync } from 'node:sqlite'

import { cutPage, readCursor, readLimit, type Clock, type Page } from '@loop-engine/core'
import { systemClock } from '@loop-engine/runtime'
import QuickLRU from 'quick-lru'
import type { z } from 'zod'

import { openDatabase } from './database.ts'
import { bodySchema, readNewKey, type NewApiKey } from './key-body.ts'
import { checkHolder, type Principal } from './principal.ts'
import { digestOfSecret, newPublicId, newSecret, sameDigest } from './secret.ts'

export interface ApiKey extends z.infer<typeof bodySchema> {
  /** The secret begins with it. */
  readonly id: string
  readonly tenant: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  /** When the key was last used, to the minute. */
  readonly usedAt: number | null
  /** Until when the secret from before the last rotation is accepted as well. */
  readonly previousUntil: number | null
}

export interface ApiKeys {
  /** Makes a key. Its secret is returned this once; only a digest is kept. Throws `invalid_config` for an invalid key. */
  create(input: NewApiKey): { readonly key: ApiKey; readonly secret: string }
  /** The principal of a secret; null unless the secret is accepted now. */
  find(secret: string): Principal | null
  list(query: { tenant: string; limit?: number; cursor?: string }): Page<ApiKey>
  /** Null when the tenant has no such key. */
  get(tenant: string, id: string): ApiKey | null
  /**
   * Makes a new secret. The one before it is accepted for another `overlapMs`, and older ones no longer. Null when the tenant
   * has no such key, or the key was revoked or has expired.
   */
  rotate(
    tenant: string,
    id: string,
    overlapMs: number,
  ): { readonly key: ApiKey; readonly secret: string } | null
  /** Revokes a key at once and for ever. Null when the tenant has no such key. */
  revoke(tenant: string, id: string): ApiKey | null
}

const shape = /^(lk_[a-z0-9]{12})_[A-Za-z0-9_-]{43}$/
const minute = 60_000

type Row = Record<string, string | number | null>

/** Opens the keys in the file of a server, for a program that runs beside it. */
export function openApiKeys(path: string): ApiKeys & { close(): void } {
  const database = openDatabase(path)
  return { ...createApiKeys(database, systemClock), close: () => database.close() }
}

export function createApiKeys(database: DatabaseSync, clock: Pick<Clock, 'now'>): ApiKeys {
  const toKey = createReader()
  const insert = database.prepare(
    'INSERT INTO api_key (id, tenant, digest, expires_at, created_at, body) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const byId = database.prepare('SELECT * FROM api_key WHERE id = ?')
  const listed = database.prepare(`
    SELECT * FROM api_key WHERE tenant = ? AND (created_at, id) > (?, ?)
    ORDER BY created_at, id LIMIT ?`)
  const rotated = database.prepare(`
    UPDATE api_key SET previous = digest, previous_until = ?, digest = ?
    WHERE id = ? AND tenant = ? AND revoked_at IS NULL AND coalesce(expires_at > ?, true)`)
  const revoked = database.prepare(
    'UPDATE api_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND tenant = ?',
  )
  const used = database.prepare('UPDATE api_key SET used_at = ? WHERE id = ?')
  const note = (id: string, at: number): void => {
    try {
      used.run(at, id)
    } catch {
      // A full disk must not lock anybody out, least of all from the kill switch. Only the list of keys is less precise.
    }
  }
  const get = (tenant: string, id: string): ApiKey | null => {
    const row = byId.get(id) as Row | undefined
    return row && row['tenant'] === tenant ? toKey(row) : null
  }

  return {
    create(input) {
      // Checked before it is stored: a row that cannot be read would make the list of the tenant's keys fail.
      const { tenant, expiresAt = null, ...given } = readNewKey(input)
      checkHolder(tenant, { ...given.actor, roles: given.roles })
      const id = `lk_${newPublicId()}`
      const secret = `${id}_${newSecret()}`
      const body = JSON.stringify(given)
      insert.run(id, tenant, digestOfSecret(secret), expiresAt, clock.now(), body)
      return { key: toKey(byId.get(id) as Row), secret }
    },
    find(secret) {
      const id = shape.exec(secret)?.[1]
      const row = id === undefined ? undefined : (byId.get(id) as Row | undefined)
      if (!row) return null
      const now = clock.now()
      const digest = digestOfSecret(secret)
      const current = sameDigest(digest, String(row['digest']))
      const previous =
        sameDigest(digest, String(row['previous'] ?? '')) && now < Number(row['previous_until'])
      const key = toKey(row)
      if (!current && !previous) return null
      if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return null
      if (now - (key.usedAt ?? 0) > minute) note(key.id, now)
      return principalOf(key, now)
    },
    list({ tenant, limit, cursor }) {
      const after = readCursor('key', cursor) ?? { at: -1, id: '' }
      const count = readLimit(limit)
      const rows = listed.all(tenant, after.at, after.id, count + 1) as Row[]
      return cutPage('key', rows.map(toKey), count, ({ createdAt, id }) => ({ at: createdAt, id }))
    },
    get,
    rotate(tenant, id, overlapMs) {
      const secret = `${id}_${newSecret()}`
      const now = clock.now()
      const { changes } = rotated.run(now + overlapMs, digestOfSecret(secret), id, tenant, now)
      const key = changes === 0 ? null : get(tenant, id)
      return key && { key, secret }
    },
    revoke(tenant, id) {
      revoked.run(clock.now(), id, tenant)
      return get(tenant, id)
    },
  }
}

/** Caches the body of a row, because every request with a key reads one. */
function createReader(): (row: Row) => ApiKey {
  const bodies = new QuickLRU<string, z.infer<typeof bodySchema>>({ maxSize: 1000 })
  return (row) => {
    const text = String(row['body'])
    const body = bodies.get(text) ?? bodySchema.parse(JSON.parse(text))
    bodies.set(text, body)
    return {
      id: String(row['id']),
      tenant: String(row['tenant']),
      ...body,
      createdAt: Number(row['created_at']),
      expiresAt: row['expires_at'] as number | null,
      revokedAt: row['revoked_at'] as number | null,
      usedAt: row['used_at'] as number | null,
      previousUntil: row['previous_until'] as number | null,
    }
  }
}

function principalOf(
  { id, tenant, actor, roles, scopes: granted, expiresAt }: ApiKey,
  now: number,
): Principal {
  return {
    kind: 'key',
    credential: `key:${id}`,
    tenant,
    actor: {
      ...actor,
      ...(roles.length > 0 && { roles }),
      assurance: { method: 'api-key', subject: id, at: now },
    },
    scopes: granted,
    expiresAt,
  }
}
