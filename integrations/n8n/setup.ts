import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs n8n's engine and linter in their own folder: they have 420 MB and pinned versions, which the workspace
 * should neither install nor follow. Does nothing if they are installed as the lockfile says.
 */
const folder = join(import.meta.dirname, 'engine')
const installed = join(folder, 'node_modules/.installed')
const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')

if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
  // Without install scripts, because the tests do not need what they compile.
  const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...options], { cwd: folder, stdio: 'inherit' })
  writeFileSync(installed, lock)
}
