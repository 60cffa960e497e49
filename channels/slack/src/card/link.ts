import { LoopError, type ApprovalRequest } from '@loop-engine/core'

/** Where people see all of a request: the console's address, or a function that makes one. */
export type ConsoleUrl =
  | string
  | ((request: { readonly id: string; readonly tenant: string }) => string)

/** Slack takes 3000 for a button, but all blocks together must fit as well. */
const mostCharacters = 1000

/** The address of a request in the console. Throws `invalid_config` for what is no http(s) address. */
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
  throw new LoopError('invalid_config', 'The address of the console is no http(s) address.', {
    plugin: 'slack',
    path: '/consoleUrl',
  })
}

/** A link in mrkdwn; the label is ours. */
export function linkTo(url: string, label: string): string {
  const safe = url
    .replaceAll('&', '&amp;')
    .replaceAll('|', '%7C')
    .replaceAll('<', '%3C')
    .replaceAll('>', '%3E')
  return `<${safe}|${label}>`
}
