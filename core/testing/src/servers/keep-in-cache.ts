import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A path in our folder of the user's cache. */
export function cachePath(...parts: readonly string[]): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'loop-engine', ...parts)
}

/**
 * Puts something into the cache, unless it exists. `make` works in a folder that is removed afterwards, and returns the
 * path in that folder which is to be kept. Several processes may do this at once: a rename moves the complete result.
 */
export async function keepInCache(
  path: string,
  make: (folder: string) => Promise<string>,
): Promise<void> {
  if (existsSync(path)) return
  await mkdir(dirname(path), { recursive: true })
  const folder = await mkdtemp(cachePath('making-'))
  try {
    await rename(await make(folder), path).catch((cause: unknown) => {
      if (!existsSync(path)) throw cause
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
