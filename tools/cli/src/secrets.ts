const password = /:\/\/[^:/@]*:([^@]+)@/
/** Where a password may stand as well: postgres://db/loop?password=secret. */
const parameter = /:\/\/.*[?&]password=([^&]+)/

/** Whether it is a URL with a password in it, wherever on the command line it stands. */
export function hasPassword(text: string): boolean {
  return password.test(text) || parameter.test(text)
}

/** The parts of a connection string that open the door. */
export function secretsOf(url: string | undefined): readonly string[] {
  if (url === undefined || url === '') return []
  const secret = (password.exec(url) ?? parameter.exec(url))?.[1]
  if (secret === undefined) return [url]
  // As in postgres://loop:loop@db/loop: a word like any other, and stars in its place would tell that it is the password.
  const beside = url.replace(`:${secret}@`, '@').replace(`password=${secret}`, '')
  if (beside.split(/\W+/).includes(secret)) return [url, `:${secret}@`, `password=${secret}`]
  return [url, secret, decoded(secret)].filter(({ length }) => length > 2)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text with stars in place of what must not be printed. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
}
