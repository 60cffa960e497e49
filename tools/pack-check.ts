import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/**
 * Installs what would be published, with its licence, into an empty project, imports it under the oldest Node that it is
 * for and under this one, lets both keep a run in SQLite, and reads its types.
 */
interface Manifest {
  readonly name: string
  readonly private?: boolean
  /** Loaded by n8n, which brings what it needs; see check-dist.ts there. */
  readonly n8n?: object
  readonly bin?: Record<string, string>
}

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

const root = join(import.meta.dirname, '..')
const resolutions = ['nodenext', 'bundler']
/** What one function returns another takes, also under the strictest options of a consumer. */
const passedOn = `import type { Actor, Principal } from '@loop-engine/core'
export const principal = (actor: Actor): Principal => actor`
/** Node 22.18 binds the parameters of a statement in its own way, for one. */
const oldestNode = '22.18.0'
const runInSqlite = `
  import { createSqliteStore } from '@loop-engine/integration-sqlite'
  import { createLoopSystem, defineLoop, verifyStore } from '@loop-engine/sdk'
  import { rmSync } from 'node:fs'
  rmSync('loops.db', { force: true })
  const store = createSqliteStore({ path: 'loops.db' })
  const asked = { id: 'ask', from: 'OPEN', to: 'DONE', actors: ['human'], approval: { reviewers: ['*'], expiresIn: '1h' } }
  const loop = defineLoop({ id: 'l', states: ['OPEN', { id: 'DONE', terminal: true }], initialState: 'OPEN', transitions: [asked] })
  let published = 0
  const publish = async () => { if ((published += 1) === 1) throw new Error('away') }
  const sinks = [{ contract: 'sink/v1', name: 'away-at-first', publish }]
  const { engine, approvals, relay, close } = await createLoopSystem({ loops: [loop], store, sinks, limits: { backoffMs: { first: 1, longest: 1 } } })
  const run = { aggregateId: 'a', actor: { type: 'human', id: 'alice' } }
  await engine.start({ ...run, loopId: 'l' })
  const { approvalId } = await engine.transition({ ...run, transitionId: 'ask', idempotencyKey: 'k' })
  await approvals.decide({ requestId: approvalId, decision: 'approve', actor: { type: 'human', id: 'bob' } })
  while (published < 5) await relay.drain()
  const { ok } = await verifyStore({ store, tenant: 'default', deep: true })
  await close()
  if (!ok) throw new Error('The run does not verify.')`
const manifests = globSync('{core,adapters,channels,integrations,tools}/*/package.json', {
  cwd: root,
})
  .map((file) => ({
    folder: dirname(file),
    ...(JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest),
  }))
  .filter((manifest) => !manifest.private && !manifest.n8n)

const project = mkdtempSync(join(tmpdir(), 'pack-check-'))
try {
  const tarballs = pack()
  const unlicensed = tarballs.filter(({ files }) => !files.some(isLicence)).map(({ name }) => name)
  console.log(`without a licence: ${unlicensed.join(', ') || 'none'}`)
  install(tarballs)
  const nodes = [join(project, 'node_modules/node/bin/node'), process.execPath]
  const failures = [...unlicensed, ...nodes.flatMap(failuresUnder), ...resolutions.flatMap(misread)]
  process.exitCode = failures.length > 0 ? 1 : 0
} finally {
  rmSync(project, { recursive: true })
}

function pack(): Packed[] {
  const workspaces = manifests.flatMap(({ folder }) => ['-w', folder])
  const answer = execFileSync(
    'npm',
    ['pack', '--json', '--pack-destination', project, ...workspaces],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return JSON.parse(answer) as Packed[]
}

function isLicence({ path }: { readonly path: string }): boolean {
  return /(^|\/)LICENSE$/.test(path)
}

function install(tarballs: readonly Packed[]): void {
  const dependencies = Object.fromEntries(
    tarballs.map(({ name, filename }) => [name, `file:${filename}`]),
  )
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...dependencies, node: oldestNode, '@types/node': '24' },
    allowScripts: { node: true },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: project, stdio: 'inherit' })
}

function failuresUnder(node: string): string[] {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  const failed = [
    ...manifests.filter(({ name }) => !runs(node, importing(name))).map(({ name }) => name),
    ...manifests
      .flatMap(({ bin = {} }) => Object.keys(bin))
      .filter((bin) => !runs(node, [join(project, 'node_modules/.bin', bin), '--help'])),
  ]
  if (!runs(node, ['--input-type=module', '--eval', runInSqlite])) failed.push('a run in SQLite')
  console.log(`${version}: ${manifests.length} packages, failed: ${failed.join(', ') || 'none'}`)
  return failed
}

/** What the types of a package refer to has to come with it. Those of vendors are not ours to check. */
function misread(resolution: string): string[] {
  const imports = manifests.map(({ name }) => `import '${name}'`)
  writeFileSync(join(project, 'all.ts'), [...imports, passedOn].join('\n'))
  const module = resolution === 'bundler' ? 'esnext' : resolution
  const options = `--strict --exactOptionalPropertyTypes --noEmit --lib esnext,dom --types node --module ${module} --moduleResolution ${resolution}`
  const { stdout } = spawnSync('tsc', ['all.ts', ...options.split(' ')], {
    cwd: project,
    encoding: 'utf8',
  })
  const errors = stdout
    .split('\n')
    .filter((line) => /^(all\.ts|node_modules\/@loop-engine\/)/.test(line))
  console.log(`types, ${resolution}: ${errors.join('\n') || 'none wrong'}`)
  return errors
}

function importing(name: string): string[] {
  const code = `const names = Object.keys(await import('${name}'))
    if (names.length === 0) throw new Error('${name} exports nothing.')`
  return ['--input-type=module', '--eval', code]
}

function runs(node: string, parameters: readonly string[]): boolean {
  const { status, stderr } = spawnSync(node, parameters, { cwd: project, encoding: 'utf8' })
  if (status !== 0) console.error(stderr)
  return status === 0
}
