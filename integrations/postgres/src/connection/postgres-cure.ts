const pooler =
  'A pooler must keep prepared statements: PgBouncer 1.21 or newer, with max_prepared_statements = 200.'

/** What to do about a refusal, by its SQLSTATE or the code of the system; the longest beginning counts. */
const cures: Readonly<Record<string, string>> = {
  '08P01':
    'A pooler may refuse `options`: ignore_startup_parameters = options, and ALTER ROLE … SET instead of them.',
  '25006':
    'This server accepts no writes: name the primary, or turn default_transaction_read_only off.',
  '26000': pooler,
  '28': 'Check the user, and what pg_hba.conf lets in.',
  '28P01': 'Check the user and the password.',
  '3D': 'Check the name of the database, or create it.',
  '42P05': pooler,
  '42501': 'Grant the role its rights: CONNECT and CREATE on the database, then its own schema.',
  '42P01': 'A table is missing: open the store once where it may make its schema.',
  '53300': 'The server has no connection left: raise max_connections, or use a pooler.',
  '53': 'The server lacks room or memory.',
  '55P03': 'It waited longer than lock_timeout allows: raise that for the role of the store.',
  '57014':
    'It was cancelled: raise statement_timeout for the role of the store if that was too short.',
  '57P03': 'The server is starting or stopping; try again.',
  ECONNREFUSED: 'Check the host and the port, and that the server is running.',
  ENOTFOUND: 'Check the name of the host.',
  EAI_AGAIN: 'Check the name of the host, and the name server of this machine.',
  ENOENT: 'Check the folder of the socket, and that the server is running.',
}

export function cureOf(code: string): string {
  const known = [code, code.slice(0, 2)].find((key) => Object.hasOwn(cures, key))
  if (known !== undefined) return cures[known] ?? ''
  if (/^[0-9]/.test(code)) return 'The log of the server says why.'
  return 'Check the host, the port and what the connection string says about TLS.'
}
