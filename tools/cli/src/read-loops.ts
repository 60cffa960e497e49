import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { parseLoop } from '@loop-engine/dsl'
import { LoopError, type LoopDefinition } from '@loop-engine/sdk'

import { readText } from './files.ts'

const anyLoopFile = /\.(?:ya?ml|json)$/
const namedLoopFile = /\.loop\.(?:ya?ml|json)$/

/**
 * Reads the loops in these files and folders. Without any, reads the folders `.loop` and `loops`, and `*.loop.yaml` or
 * `*.loop.json` in the current folder.
 */
export async function readLoops(paths: readonly string[]): Promise<readonly LoopDefinition[]> {
  const files =
    paths.length > 0 ? (await Promise.all(paths.map(filesAt))).flat() : await usualFiles()
  const loops = await Promise.all(
    files.map(async (file) => ({ file, loop: parseLoop(await readText(file), { file }) })),
  )
  const seen = new Map<string, string>()
  for (const { file, loop } of loops) {
    const before = seen.get(loop.id)
    if (before !== undefined)
      throw new LoopError('invalid_config', `The loop ${loop.id} is in ${before} and in ${file}.`, {
        hint: 'Serve one version of each loop. Runs of older versions continue without their files.',
      })
    seen.set(loop.id, file)
  }
  return loops.map(({ loop }) => loop)
}

async function filesAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null)
  if (found?.isDirectory() !== true) return [path]
  return filesIn(path, anyLoopFile)
}

async function usualFiles(): Promise<readonly string[]> {
  const folders = await Promise.all([
    filesIn('.loop', anyLoopFile),
    filesIn('loops', anyLoopFile),
    filesIn('.', namedLoopFile),
  ])
  return folders.flat()
}

async function filesIn(folder: string, pattern: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => pattern.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}
