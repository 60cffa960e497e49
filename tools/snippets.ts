import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/**
 * Type-checks every `ts` fence of the documents and executes those marked `ts run`, which print what they say they do.
 * A fence is a module of its own, as a reader would paste it.
 */
interface Snippet {
  readonly source: string
  readonly mark: string
  readonly file: string
  readonly code: string
}

const root = join(import.meta.dirname, '..')
const limitMs = 60_000

const snippets = globSync(['README.md', '*/*/README.md', 'docs/*.md'], {
  cwd: root,
  exclude: ['node_modules/**'],
})
  .toSorted()
  .flatMap(snippetsOf)

mkdirSync(join(root, '.snippets'), { recursive: true })
const folder = mkdtempSync(join(root, '.snippets/'))
const failures = [...misused(), ...checkTypes(), ...execute()]
rmSync(folder, { recursive: true })

for (const failure of failures) console.error(failure)
console.log(`${snippets.length} snippets, ${failures.length} failures`)
process.exitCode = failures.length > 0 ? 1 : 0

function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), 'utf8')
  const fences = text.matchAll(/^( *)```(?:ts|typescript)\b([^\n]*)\n(.*?)^ *```/gms)
  return [...fences].map(({ index, 1: indent = '', 2: mark = '', 3: code = '' }) => {
    const line = text.slice(0, index).split('\n').length
    return {
      source: `${document}:${line}`,
      mark: mark.trim(),
      file: `${document.replaceAll(/[\\/]/g, '-')}-${line}.ts`,
      // As many lines above it as in the document, so that errors name the document's line.
      code: '\n'.repeat(line) + code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }
  })
}

function misused(): string[] {
  return snippets
    .filter(({ mark }) => mark !== '' && mark !== 'run')
    .map(({ source, mark }) => `${source} may be marked \`ts\` or \`ts run\`, not \`ts ${mark}\`.`)
}

function checkTypes(): string[] {
  const config = {
    extends: '../../tsconfig.json',
    // An example may name a thing without using it.
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
    include: ['./*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  for (const { file, code } of snippets) writeFileSync(join(folder, file), code)
  const { status, stdout } = spawnSync('tsc', ['-p', folder], { cwd: folder, encoding: 'utf8' })
  return status === 0 ? [] : [stdout]
}

function execute(): string[] {
  return snippets.filter(({ mark }) => mark === 'run').flatMap(executeOne)
}

/** Runs in an empty folder: what a snippet writes must not lie about. */
function executeOne({ source, file, code }: Snippet): string[] {
  const cwd = mkdtempSync(join(tmpdir(), `${basename(file, '.ts')}-`))
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=@loop-engine/source',
      join(folder, file),
    ],
    { cwd, encoding: 'utf8', timeout: limitMs, env: { ...process.env, TMPDIR: cwd } },
  )
  rmSync(cwd, { recursive: true })
  if (status !== 0) return [`${source} ended with ${signal ?? status}.\n${stdout}${stderr}`]
  const printed = stdout.split('\n')
  return toldOf(code)
    .filter((line) => !printed.includes(line))
    .map((line) => `${source} does not print "${line}", but:\n${stdout}`)
}

/** What a snippet says that it prints: the comment behind the end of a `console.log`. */
function toldOf(code: string): string[] {
  return [...code.matchAll(/^(?:.*console\.log\(.*\)|\)) \/\/ (.+)$/gm)].map(
    ([, line = '']) => line,
  )
}
