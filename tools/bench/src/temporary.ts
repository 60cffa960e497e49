import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'loop-engine-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** The path of a new file, which is removed when the process ends. */
export function temporaryFile(): string {
  return join(folder, `${(files += 1)}.db`)
}
