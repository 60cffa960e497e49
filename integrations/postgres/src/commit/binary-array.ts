// One-dimensional arrays in PostgreSQL's binary format, so that neither side has to quote or parse text.

const textType = 25
const bigintType = 20
const headerBytes = 20

export function textArray(values: readonly (string | null | undefined)[]): Buffer {
  let size = headerBytes
  for (const value of values) size += 4 + (typeof value === 'string' ? Buffer.byteLength(value) : 0)
  const buffer = header(size, textType, values.length)
  let at = headerBytes
  for (const value of values) {
    const length = typeof value === 'string' ? buffer.write(value, at + 4) : -1
    buffer.writeInt32BE(length, at)
    at += 4 + Math.max(length, 0)
  }
  return buffer
}

/** Of safe integers. */
export function bigintArray(values: readonly (number | null | undefined)[]): Buffer {
  const present = values.filter((value) => typeof value === 'number').length
  const buffer = header(headerBytes + values.length * 4 + present * 8, bigintType, values.length)
  let at = headerBytes
  for (const value of values) {
    if (typeof value !== 'number') {
      at = buffer.writeInt32BE(-1, at)
      continue
    }
    const high = Math.floor(value / 2 ** 32)
    at = buffer.writeInt32BE(8, at)
    at = buffer.writeInt32BE(high, at)
    at = buffer.writeUInt32BE(value - high * 2 ** 32, at)
  }
  return buffer
}

function header(size: number, type: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(size)
  buffer.writeInt32BE(1, 0) // dimensions
  buffer.writeInt32BE(1, 4) // there may be nulls
  buffer.writeInt32BE(type, 8)
  buffer.writeInt32BE(length, 12)
  buffer.writeInt32BE(1, 16) // the first index
  return buffer
}
