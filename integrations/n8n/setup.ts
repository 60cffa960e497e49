import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * n8n's engine and linter, in a folder of their own: 420 MB with pins of their own, which the workspace should neither
 * install nor be bound by. Nothing happens when it stands there as the lockfile says.
 */
const folder = join(import.meta.dirname, 'engine')
const installed = join(folder, 'node_modules/.installed')
const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')

if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
  // Without install scripts: what they compile is not needed here.
  const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...options], { cwd: folder, stdio: 'inherit' })
  writeFileSync(installed, lock)
}
