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
