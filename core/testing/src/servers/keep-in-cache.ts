import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** A place of ours in the user's cache. */
export function cachePath(...parts: readonly string[]): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'loop-engine', ...parts)
}

/**
 * Puts something into the cache unless it is there. `make` works in a folder that is removed afterwards, and answers with
 * the path in it of what is to be kept. Several processes may do so at once: a rename puts the whole there.
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
