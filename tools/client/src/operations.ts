import type { CallOptions } from './client-options.ts'
import { itemsOf, pagesAt, type Pages } from './pages.ts'
import type { ApiKey, DeadLetter, NewKey, Stop, StopRequest, Timer, Who } from './schema.ts'
import type { Transport } from './transport.ts'

interface Limit {
  /** The most items in one page. */
  readonly limit?: number
}

export interface MadeKey {
  readonly key: ApiKey
  /** Shown only this once. */
  readonly secret: string
}

export interface Operations {
  readonly timers: { list(query?: Limit, options?: CallOptions): Pages<Timer> }
  readonly deadLetters: {
    list(query?: Limit, options?: CallOptions): Pages<DeadLetter>
    retry(id: string, options?: CallOptions): Promise<void>
  }
  /** The kill switch. A program may stop; only a person may release. */
  readonly stops: {
    list(options?: CallOptions): Promise<readonly Stop[]>
    stop(body: StopRequest, options?: CallOptions): Promise<Stop>
    release(body: StopRequest, options?: CallOptions): Promise<readonly Stop[]>
  }
  readonly keys: {
    list(query?: Limit, options?: CallOptions): Pages<ApiKey>
    create(body: NewKey, options?: CallOptions): Promise<MadeKey>
    rotate(
      id: string,
      body?: { readonly overlapSeconds?: number },
      options?: CallOptions,
    ): Promise<MadeKey>
    revoke(id: string, options?: CallOptions): Promise<ApiKey>
  }
  readonly session: {
    /** The caller, as the server authenticated it. */
    get(options?: CallOptions): Promise<Who>
    /** Opens a session for a browser, with the token of a login link or with the credential of the client. */
    open(token?: string, options?: CallOptions): Promise<Who>
    end(options?: CallOptions): Promise<void>
  }
}

export function createOperations(transport: Transport): Operations {
  const { json } = transport
  const keyPath = (id: string): string => `/keys/${encodeURIComponent(id)}`

  return {
    timers: { list: pagesAt(transport, '/timers') },
    deadLetters: {
      list: pagesAt(transport, '/dead-letters'),
      retry: (id, options) =>
        json({ method: 'POST', path: `/dead-letters/${encodeURIComponent(id)}/retry`, options }),
    },
    stops: {
      list: (options) => itemsOf(json({ method: 'GET', path: '/stops', options })),
      stop: (body, options) => json({ method: 'POST', path: '/stops', body, options }),
      release: (body, options) =>
        itemsOf(json({ method: 'POST', path: '/stops/release', body, options })),
    },
    keys: {
      list: pagesAt(transport, '/keys'),
      create: (body, options) => json({ method: 'POST', path: '/keys', body, options }),
      rotate: (id, body = {}, options) =>
        json({ method: 'POST', path: `${keyPath(id)}/rotate`, body, options }),
      revoke: (id, options) => json({ method: 'DELETE', path: keyPath(id), options }),
    },
    session: {
      get: (options) => json({ method: 'GET', path: '/session', options }),
      open: (token, options) =>
        json({ method: 'POST', path: '/session', body: { token }, options }),
      end: (options) => json({ method: 'DELETE', path: '/session', options }),
    },
  }
}
