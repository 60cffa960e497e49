import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

import { describe, expect, test } from 'vitest'

/** The architecture: a core package may use the packages on the lines above its own. */
const layers = [
  ['core'],
  ['actors', 'events', 'testing'],
  ['guards', 'dsl'],
  ['runtime'],
  ['observability'],
  ['sdk'],
]
const above = (name: string): string[] => {
  const line = layers.findIndex((layer) => layer.includes(name))
  return layers.slice(0, Math.max(line, 0)).flat()
}

const prefix: Record<string, string> = {
  core: '',
  adapters: 'adapter-',
  channels: 'channel-',
  integrations: 'integration-',
  examples: 'example-',
  tools: '',
}

interface Manifest {
  name: string
  version?: string
  private?: boolean
  description?: string
  license?: string
  repository?: unknown
  engines?: { node?: string }
  exports?: Record<string, unknown>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional?: boolean }>
}

const read = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest

/** What n8n asks of a community node: its name, its licence, and nothing installed with it but what it bundles. */
const communityNode = 'integrations/n8n'

const root = join(import.meta.dirname, '..')
const packages = globSync(`{${Object.keys(prefix).join()}}/*/package.json`, { cwd: root }).map(
  (file) => {
    const folder = dirname(file)
    const manifest = read(join(root, file))
    return { folder, kind: dirname(folder), manifest }
  },
)
const versions = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]))
const everything = [...versions.keys()].map((name) => name.replace('@loop-engine/', ''))

/** What a package may depend on, by its folder. */
const allowed: Record<string, (name: string) => string[]> = {
  core: above,
  // vercel-ai governs calls itself, so it is handed an engine.
  adapters: (name) => (name === 'vercel-ai' ? ['core', 'sdk'] : ['core']),
  channels: () => ['core'],
  integrations: () => ['core', 'sdk'],
  examples: () => everything,
  tools: () => everything,
}
const programs = ['examples', 'tools']
/** Any of them may test with `testing`, and a plugin with a whole system. */
const testsWith = (kind: string, folder: string): string[] => {
  if (folder === communityNode) return everything
  return kind === 'core' ? ['testing'] : ['testing', 'sdk']
}

/** The oldest Node that a package as it is installed asks for, as one number; 0 when it does not say. */
const oldestNode = ({ engines }: Manifest): number => {
  const [, major = 0, minor = 0] = engines?.node?.match(/(\d+)\.?(\d*)/) ?? []
  return Number(major) * 1000 + Number(minor)
}
const installedManifests = (folder: string, name: string): Manifest[] =>
  [folder, '.']
    .map((from) => join(root, from, 'node_modules', name, 'package.json'))
    .filter((file) => existsSync(file))
    .slice(0, 1)
    .map(read)

const own = (name: string): boolean => name.startsWith('@loop-engine/')
const short = (names: string[]): string[] =>
  names.filter(own).map((name) => name.replace('@loop-engine/', ''))

/** Adapters that the sdk loads when an actor is asked for by name: optional, so that who does not ask installs none. */
const onDemand = (folder: string, { peerDependenciesMeta = {} }: Manifest): string[] =>
  folder === 'core/sdk'
    ? short(Object.keys(peerDependenciesMeta)).filter((name) => name.startsWith('adapter-'))
    : []

// A subpath such as `@loop-engine/core/provider` belongs to its package.
const quoted = /(?:\bfrom|\bimport|\bimport\()\s*'(@loop-engine\/[^'/]+)[^']*'/g
// Beside `src`, where n8n looks for nodes.
const sources = (folder: string): string[] =>
  globSync(`${folder}/{src,nodes,credentials,lib}/**/*.{ts,tsx}`, { cwd: root }).toSorted()
const imports = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(quoted)].map(([, name = '']) => name)

/** Which other folders each folder of a package uses; what lies beside them belongs to all. */
function usedByFolder(folder: string): Map<string, readonly string[]> {
  const used = new Map<string, readonly string[]>()
  const place = (file: string): string => dirname(relative(folder, file))
  for (const file of sources(folder)) {
    const from = place(file)
    if (from === 'src' || /\.(test|fixture)\./.test(file)) continue
    const text = readFileSync(join(root, file), 'utf8')
    const folders = [...text.matchAll(/(?: from |\bimport\()'(\.[^']+)'/g)]
      .map(([, path = '']) => place(join(dirname(file), path)))
      .filter((to) => to !== 'src' && to !== from)
    used.set(from, [...(used.get(from) ?? []), ...folders])
  }
  return used
}

/** The packages that the `ts` fences of a document import; Node's own modules are there anyway. */
const importedBy = (document: string): string[] =>
  [...document.matchAll(/^```ts\b.*?\n(.*?)^```/gms)]
    .flatMap(([, code = '']) => [...code.matchAll(/\bfrom '((?:@[^'/]+\/)?[^'/]+)[^']*'/g)])
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:'))

test('every top-level folder is part of the layout', () => {
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .filter((name) => name !== 'node_modules' && name !== 'coverage')

  expect([...Object.keys(prefix), 'docs']).toEqual(expect.arrayContaining(folders))
})

test('published packages share one version, also after the next release', () => {
  const config = readFileSync(join(root, '.changeset/config.json'), 'utf8')
  const { fixed } = JSON.parse(config) as { fixed: string[][] }
  const published = packages.filter(({ manifest }) => !manifest.private)
  const names = published.map(({ manifest }) => manifest.name)

  expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1)
  expect(fixed[0]).toEqual(
    expect.arrayContaining(['@loop-engine/*', ...names.filter((name) => !own(name))]),
  )
})

/** Grok is reached through the OpenAI SDK, which is what xAI documents. */
const sharedPeers: Record<string, number> = { openai: 2 }

test('what a build reads of the root is built anew when it changes', () => {
  const { namedInputs } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as {
    namedInputs: { production: string[] }
  }

  for (const file of ['tsconfig.base.json', 'tsup.config.ts', 'LICENSE'])
    expect(namedInputs.production).toContain(`{workspaceRoot}/${file}`)
})

test("a vendor's SDK is a peer of exactly one package", () => {
  const libraries = packages.filter(({ kind }) => !programs.includes(kind))
  const peers = libraries.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {}).filter((name) => !own(name)),
  )
  const owners = (peer: string): string[] =>
    libraries
      .filter(({ manifest: { dependencies, peerDependencies } }) =>
        Object.hasOwn({ ...dependencies, ...peerDependencies }, peer),
      )
      .map(({ manifest }) => manifest.name)

  for (const peer of peers)
    expect([peer, ...owners(peer)]).toHaveLength(1 + (sharedPeers[peer] ?? 1))
})

describe.each(packages)('$folder', ({ folder, kind, manifest }) => {
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest
  const shipped = Object.keys({ ...dependencies, ...peerDependencies })
  const installed = [...shipped, ...Object.keys(devDependencies)]
  // Installed for the build of the community node alone, which takes its types.
  const bundled = folder === communityNode ? ['@loop-engine/client'] : []
  const lazy = onDemand(folder, manifest)
  const may = [...(allowed[kind]?.(basename(folder)) ?? []), ...lazy]

  test('is named after its folder', () => {
    const name = `@loop-engine/${prefix[kind]}${basename(folder)}`
    expect(manifest.name).toBe(folder === communityNode ? 'n8n-nodes-loop-engine' : name)
  })

  test('depends only on what its folder may', () => {
    expect(may).toEqual(expect.arrayContaining(short(shipped)))
    expect([...may, ...testsWith(kind, folder)]).toEqual(expect.arrayContaining(short(installed)))
  })

  test('asks for no older Node than what is installed with it', () => {
    const newer = shipped.filter((name) =>
      installedManifests(folder, name).some((each) => oldestNode(each) > oldestNode(manifest)),
    )
    expect(manifest.private ? [] : newer).toEqual([])
  })

  test('asks for the very versions that stand here', () => {
    for (const ranges of [dependencies, peerDependencies, devDependencies]) {
      for (const [name, range] of Object.entries(ranges).filter(([name]) => own(name))) {
        // A range that does not match makes npm fetch the package from the registry instead.
        expect(`${name} ${range}`).toBe(`${name} ^${versions.get(name)}`)
      }
    }
  })

  test.each(sources(folder))('%s imports only what is declared and allowed', (file) => {
    const isTest = /\.(test|fixture)\.tsx?$/.test(file)

    expect(isTest ? [...installed, manifest.name] : [...shipped, ...bundled]).toEqual(
      expect.arrayContaining(imports(file)),
    )
    const others = isTest ? [...testsWith(kind, folder), ...short([manifest.name])] : short(bundled)
    expect([...may, ...others]).toEqual(expect.arrayContaining(short(imports(file))))
  })

  test('has folders that form layers', () => {
    const left = usedByFolder(folder)
    for (let free = [''] as string[]; free.length > 0;) {
      free = [...left].filter(([, used]) => !used.some((one) => left.has(one))).map(([one]) => one)
      for (const one of free) left.delete(one)
    }
    expect(Object.fromEntries(left)).toEqual({})
  })

  test.runIf(lazy.length > 0)('loads what is optional only when it is asked for', () => {
    const text = sources(folder).map((file) => readFileSync(join(root, file), 'utf8'))
    expect(text.join('\n')).not.toMatch(/(?:from|import) '@loop-engine\/adapter-/)
    for (const name of lazy)
      expect(manifest.peerDependenciesMeta?.[`@loop-engine/${name}`]).toEqual({ optional: true })
  })

  if (manifest.private) return

  test.skipIf(folder === communityNode)('resolves to sources here and to dist elsewhere', () => {
    expect(manifest.exports?.['.']).toEqual({
      '@loop-engine/source': './src/index.ts',
      types: './dist/index.d.ts',
      default: './dist/index.js',
    })
    expect(manifest).toMatchObject({ type: 'module', sideEffects: false, files: ['dist'] })
  })

  test('says where its sources are', () => {
    expect(manifest.repository).toEqual({
      type: 'git',
      url: 'git+https://github.com/loop-engine/loop-engine.git',
      directory: folder,
    })
  })

  test('can be read: README of at most 80 lines, description, license', () => {
    const readme = join(root, folder, 'README.md')
    expect(existsSync(readme)).toBe(true)
    expect(readFileSync(readme, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(80)
    expect(manifest.description).toMatch(/\.$/)
    expect(manifest.license).toBe(folder === communityNode ? 'MIT' : 'Apache-2.0')
  })

  test('its README installs what its examples import', () => {
    const readme = readFileSync(join(root, folder, 'README.md'), 'utf8')
    const installs = readme.matchAll(/npm install ([^\n#`]+)/g)
    const names = [...installs].flatMap(([, line = '']) => line.trim().split(' '))

    expect(names).toEqual(expect.arrayContaining(importedBy(readme)))
  })
})
