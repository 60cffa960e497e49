import { isUtf8 } from 'node:buffer'
import { readFile, writeFile } from 'node:fs/promises'

import { LoopError } from '@loop-engine/sdk'

/** Reads a text file, or says which one could not be read. */
export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const missing = codeOf(cause) === 'ENOENT'
    const message = `The file ${path} ${missing ? 'does not exist' : 'cannot be read'}.`
    throw new LoopError(missing ? 'not_found' : 'unavailable', message, { cause })
  })
  if (isUtf8(bytes)) return bytes.toString()
  throw new LoopError('invalid_input', `The file ${path} is not UTF-8.`, {
    hint: 'Save it as UTF-8: a letter that is lost would be missing from what people approve.',
  })
}

/** Writes a text file; without `overwrite` a file that is there stays as it is. */
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
      throw new LoopError('unavailable', `The file ${path} cannot be written.`, { cause })
    }
    throw new LoopError('already_exists', `The file ${path} is there already.`, {
      hint: 'Choose another name, or pass --force to replace it.',
    })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
