import { Transform } from 'node:stream'

import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'

import { refusalOf, tooLong } from './refusal.ts'

export interface StdioSide {
  readonly wire: StdioServerTransport
  /** Releases standard input, so that the process can end. */
  release(): void
}

/**
 * Standard input and output. A message that is too long is refused with an answer, and does not harm other messages.
 */
export function createStdioSide(maxBytes: number): StdioSide {
  const { stdin, stdout } = process
  const messages = limitMessages(maxBytes, (id) => {
    stdout.write(`${JSON.stringify(refusalOf(tooLong(maxBytes), { id }))}\n`)
  })
  const fail = (error: Error): void => void messages.destroy(error)
  stdin.once('error', fail)
  stdin.pipe(messages)
  return {
    // One more byte for the line break.
    wire: new StdioServerTransport(messages, stdout, { maxBufferSize: maxBytes + 1 }),
    release() {
      stdin.off('error', fail)
      stdin.unpipe(messages)
    },
  }
}

type MessageId = string | number | null

/**
 * Splits the input into one message per chunk. Of a message that is too long, only the beginning and the end are kept,
 * where clients write its id.
 */
function limitMessages(maxBytes: number, refuse: (id: MessageId) => void): Transform {
  let parts: Buffer[] = []
  let size = 0
  const take = (piece: Buffer): void => {
    size += piece.length
    parts.push(piece)
    if (size <= maxBytes) return
    const all = Buffer.concat(parts)
    parts = [all.subarray(0, edge), all.subarray(edge).subarray(-edge)]
  }
  const finish = (): Buffer | undefined => {
    const message = Buffer.concat(parts)
    const isTooLong = size > maxBytes
    parts = []
    size = 0
    if (!isTooLong) return message
    refuse(idOf(message.toString()))
    return undefined
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let rest = chunk
      for (let end = rest.indexOf(lineBreak); end !== -1; end = rest.indexOf(lineBreak)) {
        take(rest.subarray(0, end))
        rest = rest.subarray(end + 1)
        const message = finish()
        if (message) this.push(Buffer.concat([message, Buffer.of(lineBreak)]))
      }
      take(rest)
      done()
    },
  })
}

const lineBreak = 0x0a
const edge = 256
const firstId = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15}|"[\w-]{1,64}")\s*,/
const lastId = /,\s*"id"\s*:\s*(\d{1,15}|"[\w-]{1,64}")\s*\}\s*$/

function idOf(text: string): MessageId {
  const [, id = 'null'] = firstId.exec(text) ?? lastId.exec(text) ?? []
  return JSON.parse(id) as MessageId
}
