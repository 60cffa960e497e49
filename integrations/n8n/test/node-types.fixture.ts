import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { PackageDirectoryLoader } from 'n8n-core'
import {
  deepCopy,
  NodeConnectionTypes,
  type INodeType,
  type INodeTypeDescription,
  type INodeTypes,
  type IVersionedNodeType,
} from 'n8n-workflow'
import { afterAll } from 'vitest'

import { helperNodes } from './helper-nodes.fixture.ts'

// n8n reads these when it starts. A separate folder keeps it out of the home of the user who runs the tests.
const folder = mkdtempSync(join(tmpdir(), 'n8n-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
process.env['N8N_USER_FOLDER'] ??= folder
process.env['N8N_ENCRYPTION_KEY'] ??= 'a key of tests, and of nothing else'

export const packageName = 'n8n-nodes-loop-engine'

/** The built package, loaded by n8n's own loader, with the variants that n8n makes of nodes, and with helper nodes. */
export async function loadNodeTypes(): Promise<INodeTypes> {
  const loader = new PackageDirectoryLoader(join(import.meta.dirname, '..'))
  await loader.loadAll()
  const ours = Object.entries(loader.nodeTypes).flatMap(([name, { type }]) =>
    variantsOf(`${packageName}.${name}`, type as INodeType),
  )
  const all = new Map<string, INodeType>([...ours, ...Object.entries(helperNodes)])
  const find = (name: string): INodeType => {
    const type = all.get(name)
    if (type) return type
    throw new Error(`There is no node type ${name}.`)
  }
  return {
    getByName: (name): INodeType | IVersionedNodeType => find(name),
    getByNameAndVersion: (name) => find(name),
    getKnownTypes: () => ({}),
  }
}

/** The variants that n8n's loader makes of a node that is usable as a tool, or that sends and waits. */
function variantsOf(name: string, type: INodeType): [string, INodeType][] {
  const { properties, webhooks, usableAsTool } = type.description
  const waits = properties.some(
    ({ name: property, options = [] }) =>
      property === 'operation' &&
      options.some((option) => 'value' in option && option.value === 'sendAndWait'),
  )
  const variants: [string, INodeType][] = [[name, type]]
  if (usableAsTool)
    variants.push([
      `${name}Tool`,
      variant(type, { inputs: [], outputs: [NodeConnectionTypes.AiTool] }),
    ])
  if (webhooks?.length && waits) {
    const gate = variant(type, {
      inputs: [{ type: NodeConnectionTypes.AiTool, required: true }],
      outputs: [{ type: NodeConnectionTypes.AiTool }],
    })
    variants.push([`${name}HitlTool`, gate])
  }
  return variants
}

function variant(type: INodeType, change: Partial<INodeTypeDescription>): INodeType {
  const made = Object.create(type) as INodeType
  made.description = { ...deepCopy(type.description), ...change }
  return made
}
