import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { LoopError } from '@loop-engine/sdk'

/**
 * Creates the data folder and its parents, unless they exist. Throws `invalid_config` when the folder cannot be used.
 */
export function openDataFolder(data: string): void {
  try {
    makeFolder(resolve(data))
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new LoopError('invalid_config', `--data ${data} cannot be used: ${reasonOf(cause)}.`, {
      path: '/data',
      hint: 'Name a folder that you may write to, or use --temporary.',
      cause,
    })
  }
}

/** Does not use `recursive`: where no folder can be created, such as in /proc, Node.js would then try for ever. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return
  if (!found && dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another start of the job may have created the folder meanwhile.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

const reasons = new Map<unknown, string>([
  ['EEXIST', 'it, or a folder above it, is a file'],
  ['ENOTDIR', 'it, or a folder above it, is a file'],
  ['EACCES', 'you may not write there'],
  ['EPERM', 'you may not write there'],
  ['EROFS', 'nothing can be written there'],
  ['ENOENT', 'no folder can be made there'],
  ['ENAMETOOLONG', 'its name is too long'],
])

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return reasons.get(code) ?? `the system says ${String(code)}`
}
