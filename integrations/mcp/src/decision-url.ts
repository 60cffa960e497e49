import { LoopError } from '@loop-engine/core'

const here: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Checks the address of a decision page. Throws `invalid_config` for an address that a client should not open. */
export function readDecisionUrl(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const url = URL.parse(address)
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && here.has(url.hostname))
  if (url && safe && url.username === '' && url.password === '') return url.href
  throw new LoopError('invalid_config', 'The address of the decision page is not safe to open.', {
    path: '/decisionUrl',
    hint: 'Use https, without credentials.',
  })
}
