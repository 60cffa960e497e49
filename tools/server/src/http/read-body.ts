import { parseStrictJson } from '@loop-engine/core'

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
  const text = await readText(request, maxBytes)
  if (text === '' && optional) return {}
  // A form of another site cannot send this type without asking first.
  if (!jsonType.test(request.headers.get('content-type') ?? ''))
    throw new HttpError(415, 'unsupported_media_type', 'The body must be application/json.')
  return parseStrictJson(text, { maxBytes, maxDepth: 64 })
}

const decoder = new TextDecoder('utf-8', { fatal: true })

async function readText(request: Request, maxBytes: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes =
    request.headers.get('content-length') === null
      ? await readChunks(request, maxBytes)
      : new Uint8Array(await request.arrayBuffer())
  try {
    return decoder.decode(bytes)
  } catch {
    throw new HttpError(400, 'invalid_json', 'The body is not UTF-8.')
  }
}

/** A body that does not say how long it is. */
export async function readChunks(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The rest of the body is not read: the connection ends with the answer. */
export function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, 'too_large', `The body is larger than ${maxBytes} bytes.`, {
    headers: { connection: 'close' },
  })
}
