import { parseStrictJson, readBytes } from '@loop-engine/core'

import { HttpError } from './http-error.ts'

const jsonType = /^application\/(?:[\w.+-]+\+)?json *(?:;|$)/i

export interface ReadBodyOptions {
  readonly maxBytes: number
  readonly optional: boolean
}

/** Reads a JSON body that means the same to every parser, and no more of it than is allowed. */
export async function readBody(
  request: Request,
  { maxBytes, optional }: ReadBodyOptions,
): Promise<unknown> {
  // Read as it comes, it would not be what was sent.
  if (!/^(?:identity)?$/i.test(request.headers.get('content-encoding') ?? ''))
    throw new HttpError(415, 'unsupported_media_type', 'The body must not be compressed.', {
      headers: { 'accept-encoding': 'identity' },
    })
  const text = await readText(request, maxBytes)
  if (text === '' && optional) return {}
  // A form of another site cannot send this type without asking first.
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

/** The body as it was sent, whether it says how long it is or not. Throws `too_large`. */
export async function readBounded(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = request.headers.get('content-length')
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await (length === null ? readBytes(request, maxBytes) : allOf(request)).catch(
    (cause: unknown) => {
      // Nobody hears it; but it is no failure of the server, as its log would say.
      throw new HttpError(400, 'truncated', 'The body broke off.', { cause })
    },
  )
  if (bytes) return bytes
  throw tooLarge(maxBytes)
}

async function allOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await request.arrayBuffer())
}

/** The rest of the body is not read: the connection ends with the answer. */
function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'too_large', `The body is larger than ${maxBytes} bytes.`, {
    headers: { connection: 'close' },
  })
}
