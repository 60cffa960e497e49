import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList } from 'node:net'

import { LoopError } from '@loop-engine/core'
import ipaddr from 'ipaddr.js'

/** Where events may go. Nobody who can name a URL may make us talk to our own network (OWASP: SSRF). */
export interface Destinations {
  /** The URL, if it may be used. Throws `invalid_config` for what never may, whatever its name resolves to. */
  check(url: string): URL
  /** Resolves names for connections to the URL, and refuses one when any of its addresses is not allowed. */
  lookupFor(url: URL): Lookup
}

type Resolve = typeof lookup
type Lookup = (
  hostname: string,
  options: LookupOptions,
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** Public addresses by HTTPS; and the networks of `allow` (CIDR), there by HTTP too. */
export function createDestinations(
  allow: readonly string[] = [],
  resolve: Resolve = lookup,
): Destinations {
  const allowed = listOf(allow)
  const isAllowed = ({ protocol }: URL, text: string): boolean => {
    // An IPv4 address in an IPv6 one is the IPv4 address.
    const address = ipaddr.process(text)
    return (
      (protocol === 'https:' && isPublic(address)) ||
      allowed.check(address.toString(), address.kind())
    )
  }

  return {
    check(text) {
      const url = URL.parse(text)
      if (!url) throw refuse('is no URL', 'Write it out, with its scheme.')
      if (url.username || url.password)
        throw refuse('carries a password', 'Sign with a secret instead.')
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
        // One bad address is enough: a name that answers with both is an attack or a mistake.
        const isFine =
          addresses.length > 0 && addresses.every(({ address }) => isAllowed(url, address))
        // What was checked is what is connected to: nobody asks the name a second time.
        return isFine ? done(null, addresses) : done(refuse(`resolves ${whereNot(url)}`, cure), [])
      })
    },
  }
}

// What is given out for everybody: no list of reserved ranges holds what nobody has been given yet.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  return !(address instanceof ipaddr.IPv6) || address.match(globalUnicast)
}

const cure = 'Name the network in `allow`.'

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
