import { LoopError, type ApprovalRequest } from '@loop-engine/core'

/** The address of the console, or a function that makes the address of a request. */
export type ConsoleUrl =
  | string
  | ((request: { readonly id: string; readonly tenant: string }) => string)

/** Slack accepts 3000 characters in a button, but all blocks together must fit as well. */
const mostCharacters = 1000

/** The address of a request in the console. Throws `invalid_config` unless it is an http(s) URL of limited length. */
export function consoleUrlOf(
  consoleUrl: ConsoleUrl,
  { id, tenant }: Pick<ApprovalRequest, 'id' | 'tenant'>,
): string {
  if (typeof consoleUrl === 'function') return readUrl(consoleUrl({ id, tenant })).href
  const url = readUrl(consoleUrl)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/inbox/${encodeURIComponent(id)}`
  return readUrl(url.href).href
}

export function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.href.length <= mostCharacters) return url
  throw new LoopError(
    'invalid_config',
    'The address of the console is no http(s) URL, or is too long.',
    {
      plugin: 'slack',
      path: '/consoleUrl',
    },
  )
}

/** A link in mrkdwn. The label is not escaped, so it must not come from outside. */
export function linkTo(url: string, label: string): string {
  const safe = url
    .replaceAll('&', '&amp;')
    .replaceAll('|', '%7C')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
  return `<${safe}|${label}>`
}
