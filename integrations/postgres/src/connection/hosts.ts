import { LoopError } from '@loop-engine/core'
import pg, { type ClientConfig } from 'pg'

/** A URL, or the path of a socket. */
const known = /^(?:[a-z][a-z0-9+.-]*:\/\/|socket:|\/)/i

/**
 * The connection strings of `postgres://user@one:5432,two:5433/db`, one for each host in order, as libpq reads it; a
 * string with one host, or of another form, stays as it is.
 */
export function splitHosts(connectionString: string): readonly string[] {
  const [, before = '', hosts = '', after = ''] =
    /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s.exec(connectionString) ?? []
  if (!hosts.includes(',')) return [connectionString]
  return hosts.split(',').map((host) => `${before}${host}${after}`)
}

/** The addresses of these hosts as the driver reads them: `one:5432/loops`, without user and password. */
export function addressOf(hosts: readonly ClientConfig[]): string {
  return hosts
    .map((config) => {
      const { host, port, database = '' } = read(config)
      const isCertain = isUnmistakable(config.connectionString ?? '')
      return isCertain ? `${host}:${port}/${database}` : 'the host that is configured'
    })
    .join(' or ')
}

/** Whether no part of a password can be taken for a host or database, as happens if a password was not escaped. */
function isUnmistakable(connectionString: string): boolean {
  return /^(?:[a-z]+:\/\/)?[^/?#]*[^@]*$/i.test(connectionString)
}

/**
 * Reads a connection string as the driver does. The driver's own error would quote it, with the password, and it takes any
 * other text for the name of a database.
 */
function read(config: ClientConfig): pg.Client {
  const { connectionString } = config
  try {
    if (connectionString !== undefined && !known.test(connectionString)) throw new TypeError()
    return new pg.Client(config)
  } catch {
    throw new LoopError('invalid_config', 'The connection string of PostgreSQL cannot be read.', {
      plugin: 'postgres',
      hint: 'Write postgres://user:password@host:5432/database; in a password, @ is %40 and / is %2F.',
    })
  }
}
