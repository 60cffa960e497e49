import { parseStrictJson, readBytes } from '@loop-engine/core'

import { HttpError } from './http-error.ts'

const jsonType = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

export interface ReadBodyOptions {
  readonly maxBytes: number
  readonly optional: boolean
}

/** Reads a JSON body of at most `maxBytes`. Refuses JSON that parsers read differently, such as repeated keys. */
export async function readBody(
  request: Request,
  { maxBytes, optional }: ReadBodyOptions,
): Promise<unknown> {
  // A compressed body would be read as something else than was sent.
  if (!/^(?:identity)?$/i.test(request.headers.get('content-encoding') ?? ''))
    throw new HttpError(415, 'unsupported_media_type', 'The body must not be compressed.', {
      headers: { 'accept-encoding': 'identity' },
    })
  const text = await readText(request, maxBytes)
  if (text === '' && optional) return {}
  // A form on a page of another site cannot send this content type without a CORS preflight.
  if (!jsonType.test(request.headers.get('content-type') ?? ''))
    throw new HttpError(415, 'unsupported_media_type', 'The body must be application/json.')
  return parseStrictJson(text, { maxBytes, maxDepth: 64 })
}

const decoder = new TextDecoder('utf-8', { fatal: true })

async function readText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBounded(request, maxBytes)
  try {
    return decoder.decode(bytes)
  } catch {
    throw new HttpError(400, 'invalid_json', 'The body is not UTF-8.')
  }
}

/** The bytes of the body, with or without a Content-Length. Throws `too_large`. */
export async function readBounded(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = request.headers.get('content-length')
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await (length === null ? readBytes(request, maxBytes) : allOf(request)).catch(
    (cause: unknown) => {
      // The caller is gone and hears nothing. With this code the log does not report a failure of the server.
      throw new HttpError(400, 'truncated', 'The body ended early.', { cause })
    },
  )
  if (bytes) return bytes
  throw tooLarge(maxBytes)
}

async function allOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await request.arrayBuffer())
}

/** Closes the connection after the answer, because the rest of the body is not read. */
function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'too_large', `The body is larger than ${maxBytes} bytes.`, {
    headers: { connection: 'close' },
  })
}
