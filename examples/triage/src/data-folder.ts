import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

import { LoopError } from '@loop-engine/sdk'

/** Makes the folder of the job, with those above it, unless it is there. Throws `invalid_config` when it is of no use. */
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

/** Not `recursive`: in a folder where nothing can be made, such as /proc, Node.js would then try for ever. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory()) return
  if (!found && dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    // Another start may have been faster.
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
