import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { build } from 'esbuild'

/**
 * Builds each node and credential as one CommonJS file with the name of its class, as n8n loads it, without
 * dependencies.
 */
const root = import.meta.dirname
const dist = join(root, 'dist')
const entries = globSync('{nodes,credentials}/**/*.{node,credentials}.ts', { cwd: root })
const assets = globSync('{icons,nodes,templates}/**/*.{svg,json}', { cwd: root })

rmSync(dist, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: entries,
  outbase: '.',
  outdir: 'dist',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: ['n8n-workflow'],
  logLevel: 'warning',
})
for (const asset of assets) {
  const target = join(dist, asset)
  mkdirSync(dirname(target), { recursive: true })
  cpSync(join(root, asset), target)
}
// The sources are ES modules, but the shipped files are CommonJS.
writeFileSync(join(dist, 'package.json'), '{ "type": "commonjs" }\n')
