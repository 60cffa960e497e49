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

class Stop extends Error {
  readonly refusal: Refusal
  readonly offset: number

  constructor(refusal: Refusal, offset: number) {
    super(refusal.message)
    this.refusal = refusal
    this.offset = offset
  }
}

/** Reads a text that was refused once more, slowly, and answers what is first wrong with it and where. */
export function explainJson(text: string, maxDepth: number): LoopError {
  const path: (string | number)[] = []
  try {
    readText(text, maxDepth, path)
  } catch (error) {
    if (error instanceof Stop) return located(text, error.refusal, error.offset, path)
    throw error
  }
  return located(text, notJsonText, 0, [])
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

function readText(text: string, maxDepth: number, path: (string | number)[]): void {
  let at = 0
  readValue(1)
  if (skipSpace() < text.length) stop(notJsonText)

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

  function readValue(depth: number): void {
    const first = text.charAt(skipSpace())
    if ((first === '{' || first === '[') && depth > maxDepth) stop(tooDeep)
    if (first === '{') readObject(depth)
    else if (first === '[') readArray(depth)
    else if (first === '"') readString()
    else readNumberOrLiteral()
  }

  function readObject(depth: number): void {
    const keys = new Set<string>()
    expect('{')
    if (accept('}')) return
    do {
      const start = skipSpace()
      const key = readString()
      path.push(key)
      if (key === '__proto__') stop(prototypeKey, start)
      if (keys.has(key)) stop(duplicateKey, start)
      keys.add(key)
      expect(':')
      readValue(depth + 1)
      path.pop()
    } while (accept(','))
    expect('}')
  }

  function readArray(depth: number): void {
    expect('[')
    if (accept(']')) return
    let index = 0
    do {
      path.push(index)
      readValue(depth + 1)
      path.pop()
      index += 1
    } while (accept(','))
    expect(']')
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

  function readNumberOrLiteral(): void {
    const [token] = text.slice(at, at + 5).match(/^(?:true|false|null)/) ?? readNumber()
    at += token.length
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
