// Tests the server with the official inspector. It is fetched when needed, because it has 110 MB.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const inspector = '@modelcontextprotocol/inspector@2.12.0'
const program = fileURLToPath(new URL('./stdio-server.fixture.ts', import.meta.url))
const server = [process.execPath, '--conditions=@loop-engine/source', program]
const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'loop-engine-inspect-'))

const quote = 'aggregateId=PO-1 transitionId=quote idempotencyKey=k1 evidence={"amount":5}'

const checks: readonly (readonly [name: string, asked: string, expected: string])[] = [
  ['every schema is portable', 'tools/list --strict', 'request_transition'],
  ['a tool reads', 'tools/call --tool-name get_run --tool-arg aggregateId=PO-1', '"state": "OPEN"'],
  [
    'a tool requests',
    `tools/call --tool-name request_transition --tool-arg ${quote}`,
    '"status": "executed"',
  ],
  ['definitions are listed', 'resources/list', 'loop-engine://loops/purchase'],
  [
    'a timeline is read',
    'resources/read --uri loop-engine://runs/PO-1/timeline',
    'never instructions',
  ],
  [
    'a prompt is got',
    'prompts/get --prompt-name what_may_i_do_next --prompt-args aggregateId=PO-1',
    'actor_type_not_allowed',
  ],
]

let failed = 0
for (const era of ['modern', 'legacy']) {
  for (const [name, asked, expected] of checks) {
    const said = await ask(['--method', ...asked.split(' '), '--protocol-era', era])
    const passed = said.includes(expected)
    if (!passed) failed += 1
    process.stdout.write(`${passed ? 'pass' : 'FAIL'} ${era}: ${name}\n${passed ? '' : said}`)
  }
}
await rm(folder, { recursive: true })
process.exitCode = failed > 0 ? 1 : 0

async function ask(asked: readonly string[]): Promise<string> {
  const from = ['--yes', `--package=${inspector}`, 'mcp-inspector', '--cli', ...server, ...asked]
  try {
    // In another folder, because npx would look for the inspector among the packages of this one.
    const { stdout } = await run('npx', from, { cwd: folder, timeout: 300_000 })
    return stdout
  } catch (error) {
    return `${String(error)}\n`
  }
}
