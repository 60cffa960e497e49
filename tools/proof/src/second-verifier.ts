import { createHash, createPublicKey, verify } from 'node:crypto'

/**
 * A second verifier of a whole, sealed export, written from the description of the format (docs/export.md). It shares
 * no code with the product, so that no error of the product can hide in both. Returns the fault, or null.
 */
export function faultOf(text: string, verifierKey: string): string | null {
  try {
    check(text, verifierKey)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function check(text: string, verifierKey: string): void {
  insist(text.endsWith('\n') && text.isWellFormed(), 'no text')
  const lines = text.slice(0, -1).split('\n')
  const [header, last] = [object(lines[0]), object(lines.at(-1))]
  const tenant = String(header['tenant'])
  const before = lines.slice(0, -1)
  const leaves: string[] = []
  let [runs, entries, seq, expected] = [0, 0, 0, 0]
  let [head, announced, evidence] = ['', '', '']
  const closeRun = (): void => insist(head === announced && seq === expected, 'a run is cut off')

  insist(header['kind'] === 'header' && header['format'] === 'loop-engine/export/v1', 'no header')
  for (const line of before.slice(1)) {
    const value = object(line)
    switch (value['kind']) {
      case 'definition':
        insist(sha256(between(line, '"text":')) === value['digest'], 'a definition was changed')
        break
      case 'run':
        closeRun()
        runs++
        ;[seq, expected, head] = [0, Number(value['version']), '0'.repeat(64)]
        announced = String(value['head'])
        break
      case 'entry': {
        const body = between(line, '"body":')
        const { prevHash, seq: number, evidence: named } = object(body)
        insist(value['hash'] === sha256(`loop-engine/entry/v1\n${body}`), 'an entry was changed')
        insist(prevHash === head && number === ++seq, 'an entry is out of place')
        const leaf = Number(value['leaf'])
        insist(leaves[leaf] === undefined, 'two entries are one leaf')
        leaves[leaf] = sha256(`\0${body}`)
        entries++
        head = String(value['hash'])
        evidence = String(object(JSON.stringify(named ?? {}))['digest'])
        break
      }
      case 'evidence':
        insist(
          sha256(`${String(value['salt'])}\n${between(line, '"text":')}`) === evidence,
          'evidence',
        )
        break
      default:
        throw new Error('a line of an unknown kind')
    }
  }
  closeRun()

  const digest = sha256(before.map((line) => `${line}\n`).join(''))
  insist(JSON.stringify(last) === lines.at(-1) && last['kind'] === 'end', 'no end')
  insist(last['digest'] === digest && last['lines'] === before.length, 'lines were changed')
  insist(last['runs'] === runs && last['entries'] === entries, 'something is missing')
  insist(last['size'] === leaves.length && last['root'] === rootOf(leaves), 'another log')
  const [name] = parts(verifierKey)
  const root = Buffer.from(rootOf(leaves), 'hex').toString('base64')
  const log = `${name}/${tenant}\n${leaves.length}\n${root}\n`
  insist(signedText(String(last['checkpoint']), verifierKey).startsWith(log), 'another log signed')
  const seal = `loop-engine/export/v1\n${tenant}\n${digest}\n`
  insist(signedText(String(last['seal']), verifierKey) === seal, 'another export sealed')
}

/** The text of a note (C2SP signed-note), which must have one valid signature. */
function signedText(note: string, verifierKey: string): string {
  const [name, id, encoded] = parts(verifierKey)
  const [text, signature = ''] = [note.split('\n\n')[0], note.split('\n\n')[1]]
  const written = /^— (\S+) (\S+)\n$/.exec(signature)
  const bytes = Buffer.from(written?.[2] ?? '', 'base64')
  insist(written?.[1] === name && bytes.toString('base64') === written[2], 'no signature')
  insist(bytes.toString('hex', 0, 4) === id, 'a signature of another key')
  const spki = Buffer.from('302a300506032b6570032100', 'hex')
  const der = Buffer.concat([spki, Buffer.from(encoded, 'base64').subarray(1)])
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
  insist(verify(null, Buffer.from(`${text}\n`), key, bytes.subarray(4)), 'a false signature')
  return `${text}\n`
}

/** The root by RFC 6962: the size of the left subtree is the largest power of two that is smaller than the whole. */
function rootOf(leaves: readonly string[]): string {
  if (leaves.length < 2) return leaves[0] ?? sha256('')
  let left = 1
  while (left * 2 < leaves.length) left *= 2
  const halves = [rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left))]
  return sha256(
    Buffer.concat([Buffer.from([1]), ...halves.map((half) => Buffer.from(half, 'hex'))]),
  )
}

/** The text of the last field of a line, byte for byte as it was hashed. */
function between(line: string, field: string): string {
  return line.slice(line.indexOf(field) + field.length, -1)
}

function object(text = ''): Partial<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  insist(typeof value === 'object' && value !== null, 'no object')
  return { ...Object(value) }
}

/** Name, id and base64 of a key; base64 may hold a plus itself. */
function parts(verifierKey: string): readonly [string, string, string] {
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([^+]+)\+(.+)$/.exec(verifierKey) ?? []
  return [name, id, encoded]
}

function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function insist(holds: boolean, fault: string): void {
  if (!holds) throw new Error(fault)
}
