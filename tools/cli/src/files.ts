import { isUtf8 } from 'node:buffer'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { LoopError } from '@loop-engine/sdk'

/** Reads a UTF-8 text file. Throws an error that names the file and the reason. */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (isUtf8(bytes)) return bytes.toString()
  throw new LoopError('invalid_input', `The file ${path} is not UTF-8.`, {
    hint: 'Save it as UTF-8. Otherwise letters would be lost from the text that people approve.',
  })
}

/** Writes a text file. With `overwrite: false` an existing file is kept and `already_exists` is thrown. */
export async function writeText(
  path: string,
  text: string,
  { overwrite = true, mode }: { readonly overwrite?: boolean; readonly mode?: number } = {},
): Promise<void> {
  try {
    await writeFile(path, text, {
      flag: overwrite ? 'w' : 'wx',
      ...(mode !== undefined && { mode }),
    })
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') {
      throw unwritable(path, cause)
    }
    throw new LoopError('already_exists', `The file ${path} already exists.`, {
      hint: 'Choose another name, or pass --force to replace it.',
    })
  }
}

export function unreadable(path: string, cause: unknown): LoopError {
  if (codeOf(cause) === 'ENOENT')
    return new LoopError('not_found', `The file ${path} does not exist.`, { cause })
  const hint = reasonOf(cause, path)
  return new LoopError('unavailable', `The file ${path} cannot be read.`, { hint, cause })
}

export function unwritable(path: string, cause: unknown): LoopError {
  const hint = reasonOf(cause, path)
  return new LoopError('unavailable', `The file ${path} cannot be written.`, { hint, cause })
}

/** Whether the operating system reported the error, and not the code that processes the file. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

function reasonOf(cause: unknown, path: string): string | undefined {
  const code = codeOf(cause)
  const folder = dirname(path)
  if (code === 'ENOENT' && !existsSync(folder))
    return `There is no folder ${folder}: make it first.`
  if (typeof code !== 'string') return undefined
  return Object.hasOwn(reasons, code) ? reasons[code] : `The system says ${code}.`
}

const noRight = 'This user may not: check its rights, and those of its folder.'
const reasons: Readonly<Record<string, string>> = {
  EISDIR: 'It is a folder: name a file in it.',
  ENOTDIR: 'A folder above it is a file.',
  EACCES: noRight,
  EPERM: noRight,
  EROFS: 'Its disk can only be read.',
  ENOSPC: 'There is no room on its disk: make some. What is there of the file is not whole.',
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
