import type { Payload, PayloadCodec } from '@temporalio/common'

import { createHistorySeal, type HistoryKey } from './history-seal.ts'

export interface PayloadCodecOptions {
  /** The first key seals, and all keys open. */
  readonly historyKeys: readonly HistoryKey[]
}

const encoding = 'binary/loop-engine-sealed'
const about = ['payload']

/**
 * Encrypts the payloads of your own workflows: give `dataConverter: { payloadCodecs: [codec] }` to every client and
 * worker. Payloads that are not sealed are read unchanged, so that older histories go on.
 */
export function createPayloadCodec({ historyKeys }: PayloadCodecOptions): PayloadCodec {
  const seal = createHistorySeal(historyKeys)

  function encode({ metadata, data }: Payload): Payload {
    const names = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])
    const plain = { metadata: Object.fromEntries(names), data: base64(data) }
    return {
      metadata: { encoding: Buffer.from(encoding) },
      data: Buffer.from(String(seal.seal(plain, about))),
    }
  }
  function decode(payload: Payload): Payload {
    const { metadata, data } = payload
    if (text(metadata?.['encoding']) !== encoding) return payload
    const plain = seal.open(text(data), about) as {
      readonly metadata: Readonly<Record<string, string>>
      readonly data: string
    }
    const names = Object.entries(plain.metadata).map(([name, value]) => [name, bytes(value)])
    return { metadata: Object.fromEntries(names), data: bytes(plain.data) }
  }
  return {
    encode: async (payloads) => payloads.map(encode),
    decode: async (payloads) => payloads.map(decode),
  }
}

function base64(value: Uint8Array | null | undefined): string {
  return Buffer.from(value ?? []).toString('base64')
}

function bytes(value: string): Uint8Array {
  return Buffer.from(value, 'base64')
}

function text(value: Uint8Array | null | undefined): string {
  return Buffer.from(value ?? []).toString()
}
