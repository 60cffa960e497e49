import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList } from 'node:net'

import { LoopError } from '@loop-engine/core'
import ipaddr from 'ipaddr.js'

/** Where events may go. A URL of somebody else must not make this process call its own network (OWASP: SSRF). */
export interface Destinations {
  /** Parses a URL. Throws `invalid_config` for one that may never be used, whatever its host name resolves to. */
  check(url: string): URL
  /** A resolver for connections to the URL, which refuses a host name if any of its addresses is not allowed. */
  lookupFor(url: URL): Lookup
}

type Resolve = typeof lookup
type Lookup = (
  hostname: string,
  options: LookupOptions,
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** Allows public addresses by HTTPS, and the networks of `allow` (CIDR) by HTTPS and HTTP. */
export function createDestinations(
  allow: readonly string[] = [],
  resolve: Resolve = lookup,
): Destinations {
  const allowed = listOf(allow)
  const isAllowed = ({ protocol }: URL, text: string): boolean => {
    // Unwraps an IPv4 address that is mapped into IPv6.
    const address = ipaddr.process(text)
    return (
      (protocol === 'https:' && isPublic(address)) ||
      allowed.check(address.toString(), address.kind())
    )
  }

  return {
    check(text) {
      const url = URL.parse(text)
      if (!url) throw refuse('is no URL', 'Write the whole URL, with https://.')
      if (url.username || url.password)
        throw refuse(
          'contains a user or password',
          'Remove it; requests are signed with `secrets`.',
        )
      const isPlain = url.protocol === 'http:'
      if (url.protocol !== 'https:' && !isPlain)
        throw refuse('is neither https nor http', 'Use https.')
      // The parser has normalised every spelling of an address: 0x7f.1, 2130706433, full-width digits.
      const literal = url.hostname.replace(/^\[|\]$/g, '')
      const isAddress = ipaddr.isValid(literal)
      if (isPlain && allow.length === 0) throw refuse('is not encrypted', 'Use https.')
      if (isAddress && !isAllowed(url, literal)) throw refuse(`leads ${whereNot(url)}`, cure)
      return url
    },
    lookupFor: (url) => (hostname, options, done) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, [])
        // One forbidden address is enough: a name with allowed and forbidden ones is an attack or a mistake.
        const isFine =
          addresses.length > 0 && addresses.every(({ address }) => isAllowed(url, address))
        // The connection goes to these checked addresses; the name is not resolved a second time.
        return isFine ? done(null, addresses) : done(refuse(`resolves ${whereNot(url)}`, cure), [])
      })
    },
  }
}

// The range from which public IPv6 addresses are assigned. Lists of reserved ranges lack ranges that are unassigned.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  return !(address instanceof ipaddr.IPv6) || address.match(globalUnicast)
}

const cure = 'Add the network to `allow` if it is trusted.'

function whereNot({ protocol }: URL): string {
  return protocol === 'https:'
    ? 'to a network that is not public'
    : 'unencrypted to a network that is not allowed'
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of networks) {
    try {
      const [network, bits] = ipaddr.parseCIDR(text)
      list.addSubnet(network.toString(), bits, network.kind())
    } catch {
      throw new LoopError('invalid_config', 'An allowed network could not be read.', {
        path: '/allow',
        hint: 'Write it as a CIDR such as 10.0.0.0/8.',
      })
    }
  }
  return list
}

function refuse(what: string, hint: string): LoopError {
  return new LoopError('invalid_config', `The address of a webhook ${what}.`, {
    plugin: 'webhooks',
    path: '/url',
    hint,
  })
}
