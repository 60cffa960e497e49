import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { LoopError } from '@loop-engine/sdk'
import type { LoopServerOptions } from '@loop-engine/server'
import { Option } from 'commander'

import type { AddCommand, Context } from '../context.ts'
import { pluginShapes } from '../plugin-shapes.ts'
import { readLoops } from '../read-loops.ts'
import { readPlugins } from '../read-plugins.ts'
import { repeatable } from '../repeatable.ts'
import { accessPathOf, actorOf, openStore } from '../session.ts'
import { wholeNumber } from '../whole-number.ts'

interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly publicUrl?: string
  readonly access?: string
  readonly console?: string
  readonly mcp?: boolean
  readonly mcpStartable: readonly string[]
  readonly with?: string
  readonly oidcIssuer?: string
  readonly oidcAudience?: string
  readonly scopeOfRole: readonly string[]
  readonly trustedProxies: number
  readonly logLevel: string
}

export const addServe: AddCommand = (program, act) => {
  program
    .command('serve')
    .description('serve loops, approvals and the record over HTTP until it is stopped')
    .argument(
      '[paths...]',
      'loops, or folders of them (default: .loop, loops and *.loop.yaml here)',
    )
    .option(
      '--port <number>',
      'where to listen; 0 takes any that is free',
      wholeNumber(0, 65_535),
      4777,
    )
    .option('--host <address>', 'who may connect; 0.0.0.0 is everybody', '127.0.0.1')
    .option('--public-url <url>', 'how people reach it, behind a proxy with HTTPS')
    .option(
      '--access <path>',
      'where digests of keys are kept (default: server.db beside the database)',
    )
    .option('--console <folder>', 'another built console than the one that comes along')
    .option('--mcp', 'serve the Model Context Protocol at /mcp')
    .addOption(
      repeatable('--mcp-startable <loop>', 'a loop that MCP clients may start; may be repeated'),
    )
    .option('--with <module>', `exports any of ${Object.keys(pluginShapes).join(', ')}`)
    .option('--oidc-issuer <url>', 'whose tokens are accepted')
    .option('--oidc-audience <id>', 'for whom these tokens are made')
    .addOption(
      repeatable(
        '--scope-of-role <role=scopes>',
        'what a role may do, e.g. ops=read,operate; may be repeated',
      ),
    )
    .option(
      '--trusted-proxies <count>',
      'proxies in front of it that set X-Forwarded-For',
      wholeNumber(0, 9),
      0,
    )
    .addOption(
      new Option('--log-level <level>', 'what is logged to standard error')
        .choices(['silent', 'fatal', 'error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .action(act((context, paths: string[], chosen: ServeOptions) => serve(context, paths, chosen)))
}

async function serve(
  { options, output }: Context,
  paths: readonly string[],
  chosen: ServeOptions,
): Promise<void> {
  // Loaded here: no other command needs a web server.
  const [server, { consoleFolder }, loops, plugins] = await Promise.all([
    import('@loop-engine/server'),
    import('@loop-engine/console'),
    readLoops(paths),
    readPlugins(chosen.with),
  ])
  // From the sources there is one only once it was built.
  const isBuilt = existsSync(join(consoleFolder, 'index.html'))
  const console = chosen.console ?? (isBuilt ? consoleFolder : undefined)
  const mcp = mcpOf(chosen)
  const oidc = server.readOidc(chosen)
  const store = await openStore(options, { create: true })
  const served = await server
    .createLoopServer({
      ...plugins,
      loops,
      store,
      accessPath: accessPathOf(options, chosen.access),
      oidc,
      trustedProxies: chosen.trustedProxies,
      logger: server.createLogger({ level: chosen.logLevel, destination: process.stderr }),
      ...(chosen.publicUrl !== undefined && { publicUrl: chosen.publicUrl }),
      ...(console !== undefined && { console }),
      ...(mcp && { mcp }),
    })
    .catch(async (error: unknown) => {
      // A connection that is left keeps the program from ending.
      await store.close()
      throw error
    })
  const stopped = untilStopped()
  try {
    const { url } = await served.listen({ port: chosen.port, host: chosen.host })
    const { id, roles = [], groups = [] } = actorOf(options)
    const login = served.loginLink({ id, roles, groups, tenant: options.tenant })
    output.result(
      { url, login, loops: loops.map((loop) => loop.id), console: console !== undefined },
      [
        `Serving ${loops.map((loop) => loop.id).join(', ') || 'no loops'} at ${url}`,
        `Log in as ${id}, once and within ten minutes: ${login}`,
        `The API is described at ${url}/api/v1/openapi.json`,
        ...(console === undefined
          ? ['There are no pages behind the login: the console was not built (npm run build).']
          : []),
      ].join('\n'),
    )
    await stopped
    output.note('Finishing what is in progress.')
  } finally {
    await served.close()
  }
}

function mcpOf({ mcp, mcpStartable: startable }: ServeOptions): LoopServerOptions['mcp'] {
  if (!mcp && startable.length > 0)
    throw new LoopError('invalid_config', 'There is no MCP whose clients could start a loop.', {
      hint: 'Serve it with --mcp, or leave out --mcp-startable.',
    })
  return mcp ? { startable } : undefined
}

/** The second signal ends the process as it would without us. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
}
