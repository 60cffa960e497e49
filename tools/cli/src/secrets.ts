const password = /:\/\/[^:/@]*:([^@]+)@/
/** A password may also be a parameter: postgres://db/loop?password=secret. */
const parameter = /:\/\/.*[?&]password=([^&]+)/

/** Whether the text is a URL that holds a password. */
export function hasPassword(text: string): boolean {
  return password.test(text) || parameter.test(text)
}

/** The texts that must not be printed: the URL, and the password in it. */
export function secretsOf(url: string | undefined): readonly string[] {
  if (url === undefined || url === '') return []
  const secret = (password.exec(url) ?? parameter.exec(url))?.[1]
  if (secret === undefined) return [url]
  // In postgres://loop:loop@db/loop the password is also an ordinary word. Stars in place of every `loop` would reveal that
  // it is the password.
  const rest = url.replace(`:${secret}@`, '@').replace(`password=${secret}`, '')
  if (rest.split(/\W+/).includes(secret)) return [url, `:${secret}@`, `password=${secret}`]
  return [url, secret, decoded(secret)].filter(({ length }) => length > 2)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text with stars in place of each secret. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
}
