import { isLoopError, parseStrictJson } from '@loop-engine/core'
import {
  createMcpHandler,
  readRequestBody,
  type AuthInfo,
  type McpServer,
} from '@modelcontextprotocol/server'

import { shownFault, type Fault } from './fault.ts'
import type { McpPrincipal } from './principal.ts'
import { refusalOf, tooLong } from './refusal.ts'

export interface HttpOptions {
  readonly serve: (principal: McpPrincipal) => McpServer
  readonly origins: readonly string[]
  readonly maxBytes: number
  readonly onError: (error: unknown) => void
}

export interface HttpSide {
  handle(request: Request, principal: McpPrincipal | null): Promise<Response>
  close(): Promise<void>
}

/** Streamable HTTP without sessions: each request is served separately, so that any process can serve it. */
export function createHttpSide({ serve, origins, maxBytes, onError }: HttpOptions): HttpSide {
  const principals = new WeakMap<AuthInfo, McpPrincipal>()
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const principal = authInfo && principals.get(authInfo)
      if (!principal) throw new TypeError('A request was served without its principal.')
      return serve(principal)
    },
    // There is nothing to subscribe to.
    { onerror: onError, maxRequestBodySize: maxBytes, maxSubscriptions: 0 },
  )
  let closed = false
  return {
    async handle(request, principal) {
      if (closed)
        return refusal(503, { code: 'closed', message: 'The server is closed.', retryable: true })
      if (!principal)
        return refusal(401, { code: 'auth', message: 'Nobody is signed in.', retryable: false })
      const origin = request.headers.get('origin')
      if (origin !== null && !origins.includes(origin))
        return refusal(403, {
          code: 'refused',
          message: 'Web pages of this origin may not call.',
          retryable: false,
          reason: 'cross_site',
        })
      const authInfo: AuthInfo = { token: '', clientId: principal.actor.id, scopes: [] }
      principals.set(authInfo, principal)
      if (request.method !== 'POST') return handler.fetch(request, { authInfo })
      const body = await readBody(request, maxBytes)
      if (body instanceof Response) return body
      return handler.fetch(withoutBody(request), { authInfo, parsedBody: body.json })
    },
    async close() {
      closed = true
      await handler.close()
    },
  }
}

/** Reads a body as strict JSON: a repeated key could mean one thing to a gateway in front and another here. */
async function readBody(
  request: Request,
  maxBytes: number,
): Promise<{ readonly json: unknown } | Response> {
  const read = await readRequestBody(request, maxBytes).catch(() => null)
  // Nobody hears it; but it is no failure of the server, as its log would say.
  if (!read)
    return refusal(400, { code: 'truncated', message: 'The body broke off.', retryable: true })
  if (read.tooLarge) return refusal(413, tooLong(maxBytes))
  try {
    return { json: parseStrictJson(read.text, { maxBytes, maxDepth: 96 }) }
  } catch (error) {
    if (!isLoopError(error)) throw error
    return refusal(400, shownFault(error), -32_700)
  }
}

function withoutBody({ url, method, headers, signal }: Request): Request {
  return new Request(url, { method, headers, signal })
}

function refusal(status: number, fault: Fault, code?: number): Response {
  return Response.json(refusalOf(fault, { code }), {
    status,
    headers: status === 401 ? { 'www-authenticate': 'Bearer' } : {},
  })
}
