import { existsSync } from 'node:fs'

import { LoopError } from '@loop-engine/sdk'
import type { ApiKeys, NewApiKey, Scope } from '@loop-engine/server'
import { Option, type Command } from 'commander'

import type { Act, AddCommand, Context } from '../context.ts'
import { table, time } from '../output.ts'
import { noteMore, withPages, type PageOptions } from '../pages.ts'
import { repeatable } from '../repeatable.ts'
import { accessPathOf, actorOf } from '../session.ts'
import { wholeNumber } from '../whole-number.ts'

interface AccessOptions {
  readonly access?: string
}

interface CreateOptions extends AccessOptions {
  readonly scope: readonly string[]
  readonly agent?: string
  readonly automation?: string
  readonly keyRole: readonly string[]
  readonly days?: number
}

const day = 86_400_000
const accessFlag = [
  '--access <path>',
  "the server's file of API keys (default: server.db beside the database)",
] as const

export const addKeys: AddCommand = (program, act) => {
  const keys = program.command('keys').description('create, list and revoke API keys of the server')
  addCreate(keys, act)
  withPages(keys.command('list'), 1000)
    .description('list keys, including revoked ones')
    .option(...accessFlag)
    .action(act((context, options: AccessOptions & PageOptions) => list(context, options)))
  keys
    .command('revoke')
    .description('revoke a key, at once and for ever')
    .argument('<id>', 'id of the key, with which its secret begins')
    .option(...accessFlag)
    .action(
      act((context, id: string, options: AccessOptions) =>
        withKeys(context, options, async (open) => {
          if (!open.revoke(context.options.tenant, id))
            throw new LoopError('not_found', 'No key has this id.', {
              hint: '`loop keys list` lists the keys.',
            })
          context.output.result({ revoked: id }, `Revoked ${id}.`)
        }),
      ),
    )
}

function addCreate(keys: Command, act: Act): void {
  keys
    .command('create')
    .description('create a key for a program or an agent; its secret is shown only once')
    .argument('<name>', 'name of the key, which says what it is for')
    .addOption(
      repeatable(
        '--scope <scope>',
        'what the key allows, such as read; at least one, may be repeated',
      ),
    )
    .addOption(
      new Option('--agent <id>', 'whoever uses the key acts as this AI agent').conflicts(
        'automation',
      ),
    )
    .option('--automation <id>', 'whoever uses the key acts as this program (default: the name)')
    .addOption(repeatable('--key-role <role>', 'a role of that agent or program; may be repeated'))
    .option(
      '--days <count>',
      'the key expires after this many days (default: never)',
      wholeNumber(1, 3650),
    )
    .option(...accessFlag)
    .action(act((context, name: string, options: CreateOptions) => create(context, name, options)))
}

function create(context: Context, name: string, chosen: CreateOptions): Promise<void> {
  return withKeys(
    context,
    chosen,
    async (keys, scopes) => {
      const granted = chosen.scope.filter((name): name is Scope =>
        scopes.some((scope) => scope === name),
      )
      if (granted.length === 0 || granted.length < chosen.scope.length)
        throw new LoopError(
          'invalid_config',
          'A key needs at least one scope, and every scope must exist.',
          {
            hint: `Choose with --scope from ${scopes.join(', ')}.`,
          },
        )
      const made = keys.create({
        ...inputOf(context, name, chosen),
        scopes: granted,
      })
      context.output.result(made, `${made.secret}\nKeep this secret: it is not shown again.`)
    },
    true,
  )
}

function inputOf(
  { options }: Context,
  name: string,
  { agent, automation, keyRole, days }: CreateOptions,
): Omit<NewApiKey, 'scopes'> {
  const { type, id } = actorOf(options)
  return {
    tenant: options.tenant,
    name,
    roles: keyRole,
    createdBy: `${type}:${id}`,
    actor:
      agent === undefined
        ? { type: 'automation', id: automation ?? name }
        : { type: 'ai-agent', id: agent },
    ...(days !== undefined && { expiresAt: Date.now() + days * day }),
  }
}

function list(
  context: Context,
  { limit, cursor, ...options }: AccessOptions & PageOptions,
): Promise<void> {
  return withKeys(context, options, async (keys) => {
    const { tenant } = context.options
    const page = keys.list({ tenant, limit, ...(cursor !== undefined && { cursor }) })
    const rows = page.items.map(({ id, name, actor, scopes, createdAt, revokedAt, usedAt }) => [
      id,
      name,
      actor.id,
      scopes.join(','),
      time(createdAt),
      revokedAt === null ? (usedAt === null ? 'never used' : `used ${time(usedAt)}`) : 'revoked',
    ])
    const text = table(['ID', 'NAME', 'FOR', 'SCOPES', 'CREATED', 'STATE'], rows)
    context.output.result(page, rows.length > 0 ? text : 'No keys.')
    noteMore(context.output, page)
  })
}

async function withKeys(
  { options }: Context,
  { access }: AccessOptions,
  work: (keys: ApiKeys, scopes: readonly Scope[]) => Promise<void>,
  create = false,
): Promise<void> {
  const { openApiKeys, scopes } = await import('@loop-engine/server')
  const path = accessPathOf(options, access)
  if (!create && !existsSync(path))
    throw new LoopError('not_found', `There are no keys at ${path}.`, {
      hint: "Name the server's file with --access PATH. `loop serve` and `loop keys create` make that file.",
    })
  const keys = openApiKeys(path)
  try {
    await work(keys, scopes)
  } finally {
    keys.close()
  }
}
