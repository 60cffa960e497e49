import { LoopError } from '../errors.ts'
import {
  duplicateKey,
  illFormed,
  inexactNumber,
  notJsonText,
  prototypeKey,
  type Refusal,
  toPointer,
  tooDeep,
} from './json-fault.ts'
import type { JsonValue } from './json.ts'

class Stop extends Error {
  readonly refusal: Refusal
  readonly offset: number

  constructor(refusal: Refusal, offset: number) {
    super(refusal.message)
    this.refusal = refusal
    this.offset = offset
  }
}

/** Reads JSON strictly, character by character. Throws what is first wrong with it, and where. */
export function readJson(text: string, maxDepth: number): JsonValue {
  const path: (string | number)[] = []
  try {
    return readText(text, maxDepth, path)
  } catch (error) {
    if (error instanceof Stop) throw located(text, error.refusal, error.offset, path)
    throw error
  }
}

function located(
  text: string,
  { code, message, hint }: Refusal,
  offset: number,
  path: readonly (string | number)[],
): LoopError {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  const where = `Line ${line}, column ${column}: `
  return new LoopError(code, where + message, {
    path: toPointer(path),
    hint,
    details: { line, column },
  })
}

function readText(text: string, maxDepth: number, path: (string | number)[]): JsonValue {
  let at = 0
  const whole = readValue(1)
  if (skipSpace() < text.length) stop(notJsonText)
  return whole

  function stop(refusal: Refusal, offset = at): never {
    throw new Stop(refusal, offset)
  }

  function skipSpace(): number {
    while (' \n\r\t'.includes(text.charAt(at)) && at < text.length) at += 1
    return at
  }

  /** Steps over one punctuation mark, if it comes next. */
  function accept(mark: string): boolean {
    const isNext = text.charAt(skipSpace()) === mark
    if (isNext) at += 1
    return isNext
  }

  function expect(mark: string): void {
    if (!accept(mark)) stop(notJsonText)
  }

  function readValue(depth: number): JsonValue {
    const first = text.charAt(skipSpace())
    if ((first === '{' || first === '[') && depth > maxDepth) stop(tooDeep)
    if (first === '{') return readObject(depth)
    if (first === '[') return readArray(depth)
    return first === '"' ? readString() : readNumberOrLiteral()
  }

  function readObject(depth: number): JsonValue {
    const object: Record<string, JsonValue> = {}
    expect('{')
    if (accept('}')) return object
    do {
      const start = skipSpace()
      const key = readString()
      path.push(key)
      if (key === '__proto__') stop(prototypeKey, start)
      if (Object.hasOwn(object, key)) stop(duplicateKey, start)
      expect(':')
      object[key] = readValue(depth + 1)
      path.pop()
    } while (accept(','))
    expect('}')
    return object
  }

  function readArray(depth: number): JsonValue {
    const array: JsonValue[] = []
    expect('[')
    if (accept(']')) return array
    do {
      path.push(array.length)
      array.push(readValue(depth + 1))
      path.pop()
    } while (accept(','))
    expect(']')
    return array
  }

  function readString(): string {
    const start = at
    expect('"')
    while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
    expect('"')
    const string = parseString(text.slice(start, at))
    if (string === undefined) stop(notJsonText, start)
    if (!string.isWellFormed()) stop(illFormed, start)
    return string
  }

  function readNumberOrLiteral(): JsonValue {
    const [token] = text.slice(at, at + 5).match(/^(?:true|false|null)/) ?? readNumber()
    at += token.length
    return JSON.parse(token) as number | boolean | null
  }

  function readNumber(): readonly [string] {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
    pattern.lastIndex = at
    const token = pattern.exec(text)?.[0] ?? stop(notJsonText)
    if (!isExact(token)) stop(inexactNumber)
    return [token]
  }
}

function parseString(token: string): string | undefined {
  try {
    return JSON.parse(token)
  } catch {
    return undefined
  }
}

/** Whether a double holds the number that a JSON token spells, so that every parser reads the same. */
export function isExact(token: string): boolean {
  const double = Number(token)
  return Number.isFinite(double) && toScientific(token) === toScientific(String(double))
}

/** One spelling for each decimal: its digits without outer zeros, and its exponent. */
function toScientific(decimal: string): string {
  const [mantissa = '', exponent = '0'] = decimal.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  let end = digits.length
  while (digits.charAt(end - 1) === '0') end -= 1
  if (end === 0) return '0'
  return `${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}
