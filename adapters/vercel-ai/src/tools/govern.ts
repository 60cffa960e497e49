import { isRecord, LoopError, systemClock } from '@loop-engine/core'

import type { Governed } from '../calls/call-judge.ts'
import { callLoop, type CallLoop } from '../calls/call-loop.ts'
import { createGovernor } from '../calls/governor.ts'
import {
  checkPolicy,
  invalidPolicy,
  unnamedDynamicPolicy,
  type ToolPolicy,
} from '../calls/tool-policy.ts'
import { checkOptions } from '../check-options.ts'
import { createModelWitness } from '../models/model-witness.ts'
import { once } from '../once.ts'
import type { ToolApprovalStatus } from './approval-status.ts'
import { boundTool } from './bound-tool.ts'
import { createCallSite } from './call-site.ts'
import { governKeys, type GovernOptions, type ToolLike, type ToolsLike } from './govern-options.ts'
import { governTool, type GovernedTool } from './governed-tool.ts'
import { createResume, type Resume } from './resume.ts'
import { shadowTool } from './shadow-tool.ts'
import { toolDigest } from './tool-definition.ts'

export interface GovernedTools<Tools> {
  /** The same tools; each `execute` runs only what the ledger licenses. */
  readonly tools: Tools
  /**
   * For `toolApproval` of `ai` 7: pauses the agent and says why. The tools stay governed if it is left out or replaced.
   */
  readonly toolApproval: {
    readonly [Name in keyof Tools]?: (
      input: unknown,
      options: unknown,
    ) => Promise<ToolApprovalStatus>
  }
  readonly resume: Resume
  /** Resolves when every loop is registered; rejects with `invalid_definition` for a policy that cannot work. */
  readonly ready: Promise<void>
}

/**
 * Puts a set of tools under governance: every call becomes an instance of a small loop, and runs once, with the input
 * that the ledger licenses. Throws `invalid_config` for an unknown option and for a policy that names no tool or asks
 * nobody. Throws `unsupported` for a tool that the provider runs itself, unless its policy is `ungoverned`.
 */
export function govern<const Tools extends ToolsLike>(
  given: Tools,
  options: GovernOptions<Tools>,
): GovernedTools<Tools> {
  checkOptions('govern', options, governKeys)
  const {
    engine,
    tenant = 'default',
    shadow = false,
    strict = false,
    sdk,
    namespace = 'tool',
  } = options
  const { clock = systemClock, onError = ignore, policy = {} } = options
  refuseUnknown(given, policy)
  const callOf = createCallSite(options)
  const governor = createGovernor({
    engine,
    tenant,
    clock,
    ...(strict && { witness: createModelWitness({ engine, tenant }) }),
  })

  const governTools = new Map<string, GovernedTool>()
  const ready: Promise<unknown>[] = []
  const governOne = (name: string, asGiven: ToolLike): ToolLike => {
    refuseNoTool(name, asGiven)
    const rules = policyOf(name, asGiven, options)
    if (rules === 'ungoverned') return asGiven
    const tool = boundTool(asGiven)
    checkPolicy(name, rules)
    const loop = callLoop(name, rules, { namespace, shadow })
    const governed = once(() => prepare(options, name, tool, loop, rules))
    ready.push(governed())
    if (shadow) return shadowTool({ name, tool, engine, tenant, governed, callOf, onError })
    const approves = mayAsk(loop)
    const one = governTool({
      name,
      tool,
      governor,
      governed,
      callOf,
      pauses: sdk !== 5 && (approves || rules.guards !== undefined || isAsking(tool)),
      withoutExecute: sdk === 5 && approves,
      maybeEdited: sdk !== 5 && mayEdit(loop),
    })
    governTools.set(name, one)
    return one.wrapped
  }

  const tools = Object.fromEntries(
    Object.entries(given).map(([name, tool]) => [name, governOne(name, tool)]),
  )
  const all = Promise.all(ready).then(() => {})
  // Calls of the tool, and whoever awaits `ready`, get this error. If nobody does, it must not end the process.
  all.catch(ignore)
  return {
    tools: tools as unknown as Tools,
    toolApproval: Object.fromEntries(
      [...governTools.values()]
        .filter(({ wrapped }) => wrapped.needsApproval !== undefined)
        .map(({ name, approve }) => [name, approve]),
    ) as GovernedTools<Tools>['toolApproval'],
    resume: createResume({ engine, tenant, tools: governTools, sdk }),
    ready: all,
  }
}

/** Registers the loop, and digests the definition of the tool. */
async function prepare(
  { engine }: GovernOptions<unknown>,
  name: string,
  tool: ToolLike,
  loop: CallLoop,
  policy: ToolPolicy,
): Promise<Governed> {
  const [digest] = await Promise.all([toolDigest(name, tool), engine.define(loop.definition)])
  return { loop, policy, digest }
}

function policyOf(
  name: string,
  tool: ToolLike,
  options: GovernOptions<ToolsLike>,
): ToolPolicy | 'ungoverned' {
  const named = Object.hasOwn(options.policy ?? {}, name) ? options.policy?.[name] : undefined
  if (typeof tool.execute === 'function') {
    const unnamed = tool.type === 'dynamic' ? unnamedDynamicPolicy : {}
    return named ?? options.default ?? unnamed
  }
  if (named && named !== 'ungoverned')
    throw invalidPolicy(
      name,
      '',
      'cannot be enforced: the tool has no execute, so it runs elsewhere.',
    )
  // A tool that the browser answers does nothing here. A tool of the provider has run before anybody could be asked.
  if (named === undefined && tool.type?.startsWith('provider'))
    throw new LoopError('unsupported', `The provider runs the tool ${name} itself.`, {
      path: `/policy/${name}`,
      plugin: 'vercel-ai',
      hint: `Leave the tool out, or allow it ungoverned with policy: { ${name}: 'ungoverned' }.`,
    })
  return 'ungoverned'
}

/** A bare function would be handed back as it is, and run ungoverned. */
function refuseNoTool(name: string, tool: unknown): void {
  if (isRecord(tool)) return
  throw new LoopError('invalid_config', `${name} is no tool of the Vercel AI SDK.`, {
    path: `/${name}`,
    plugin: 'vercel-ai',
    hint: 'Make it one: tool({ description, inputSchema, execute }) of the package ai.',
  })
}

function refuseUnknown(tools: ToolsLike, policy: object): void {
  for (const name of Object.keys(policy))
    if (!Object.hasOwn(tools, name))
      throw invalidPolicy(name, '', 'names a tool that is not given.')
}

/** Whether a call of this loop may have to wait for people. */
function mayAsk({ definition }: CallLoop): boolean {
  return definition.transitions.some(({ id, approval }) => id === 'execute' && approval)
}

function mayEdit({ definition }: CallLoop): boolean {
  return definition.transitions.some(({ approval }) => approval?.allow?.includes('edit'))
}

function isAsking({ needsApproval }: ToolLike): boolean {
  return needsApproval !== undefined && needsApproval !== false
}

function ignore(): void {}
