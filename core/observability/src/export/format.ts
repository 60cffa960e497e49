/**
 * An export is JSON Lines: a header, each run with its entries, and an end; a definition stands before the first entry
 * that names it. The body of an entry stands in its line byte for byte as it was hashed, so that a verifier cuts it out
 * instead of parsing it.
 */
export const exportFormat = 'loop-engine/export/v1'

/** What a seal signs. */
export function sealText(tenant: string, digest: string): string {
  return `${exportFormat}\n${encodeURIComponent(tenant)}\n${digest}\n`
}

/** `{"kind":"entry","hash":"…","leaf":…,"body":` and so on: the bytes around a text that is not parsed. */
export function entryLine(hash: string, leaf: number | null, body: string): string {
  return `{"kind":"entry","hash":"${hash}","leaf":${leaf},"body":${body}}`
}

export function isEntryLine(line: string): boolean {
  return line.startsWith('{"kind":"entry"')
}

export function evidenceLine(salt: string, text: string): string {
  return `{"kind":"evidence","salt":${JSON.stringify(salt)},"text":${text}}`
}

export function definitionLine(digest: string, text: string): string {
  return `{"kind":"definition","digest":"${digest}","text":${text}}`
}

const entryHead = /^\{"kind":"entry","hash":"([0-9a-f]{64})","leaf":(null|0|[1-9]\d{0,15}),"body":/
const evidenceHead = /^\{"kind":"evidence","salt":"([^"\\]*)","text":/
const definitionHead = /^\{"kind":"definition","digest":"([0-9a-f]{64})","text":/

/** Cuts a line apart without parsing it; null when it is of another kind. */
export function readEntryLine(
  line: string,
): { hash: string; leaf: number | null; body: string } | null {
  const match = entryHead.exec(line)
  if (!match || !line.endsWith('}')) return null
  const [head, hash = '', leaf = 'null'] = match
  return { hash, leaf: leaf === 'null' ? null : Number(leaf), body: line.slice(head.length, -1) }
}

export function readEvidenceLine(line: string): { salt: string; text: string } | null {
  const cut = readTwo(evidenceHead, line)
  return cut && { salt: cut[0], text: cut[1] }
}

export function readDefinitionLine(line: string): { digest: string; text: string } | null {
  const cut = readTwo(definitionHead, line)
  return cut && { digest: cut[0], text: cut[1] }
}

function readTwo(head: RegExp, line: string): readonly [string, string] | null {
  const match = head.exec(line)
  return match && line.endsWith('}') ? [match[1] ?? '', line.slice(match[0].length, -1)] : null
}
