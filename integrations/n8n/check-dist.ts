import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** Checks that the shipped files need nothing but n8n-workflow, which n8n brings, and node:crypto. */
const root = import.meta.dirname
const { n8n } = createRequire(import.meta.url)('./package.json') as {
  n8n: { nodes: string[]; credentials: string[] }
}
const allowed = new Set(['n8n-workflow', 'node:crypto'])

const built = globSync('dist/**/*.js', { cwd: root }).toSorted()
const named = [...n8n.credentials, ...n8n.nodes].toSorted()
const faults = [
  ...(built.join() === named.join() ? [] : [`dist holds ${built.join()}, not ${named.join()}.`]),
  ...named.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const name = /([^/.]+)\.(?:node|credentials)\.js$/.exec(file)?.[1] ?? ''
    const needed = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, id = '']) => id)
    const foreign = needed.filter((id) => !allowed.has(id)).map((id) => `${file} needs ${id}.`)
    const isClass = new RegExp(`\\b${name}: \\(\\) => ${name}\\b`).test(text)
    return isClass ? foreign : [...foreign, `${file} does not export ${name}.`]
  }),
]
for (const fault of faults) process.stderr.write(`${fault}\n`)
process.exitCode = faults.length > 0 ? 1 : 0
