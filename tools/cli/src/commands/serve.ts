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
      'files of loops, or folders of them (default: .loop, loops and *.loop.yaml in this folder)',
    )
    .option(
      '--port <number>',
      'port to listen on; 0 takes any free port',
      wholeNumber(0, 65_535),
      4777,
    )
    .option(
      '--host <address>',
      'address to listen on; 0.0.0.0 lets other machines connect',
      '127.0.0.1',
    )
    .option(
      '--public-url <url>',
      'address under which people reach the server, if it is behind an HTTPS proxy',
    )
    .option(
      '--access <path>',
      'file in which digests of API keys are kept (default: server.db beside the database)',
    )
    .option(
      '--console <folder>',
      'folder with a built console, to be served instead of the one included',
    )
    .option('--mcp', 'serve the Model Context Protocol at /mcp')
    .addOption(
      repeatable('--mcp-startable <loop>', 'a loop that MCP clients may start; may be repeated'),
    )
    .option(
      '--with <module>',
      `a module that exports any of ${Object.keys(pluginShapes).join(', ')}`,
    )
    .option('--oidc-issuer <url>', 'OpenID Connect issuer whose tokens are accepted')
    .option('--oidc-audience <id>', 'audience that these tokens must name')
    .addOption(
      repeatable(
        '--scope-of-role <role=scopes>',
        'scopes that a role in a token grants, such as ops=read,operate; may be repeated',
      ),
    )
    .option(
      '--trusted-proxies <count>',
      'number of proxies in front of the server that set X-Forwarded-For',
      wholeNumber(0, 9),
      0,
    )
    .addOption(
      new Option('--log-level <level>', 'least level that is logged to standard error')
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
  // Run from its sources, the console is there only once it was built.
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
      // An open connection would keep the process from ending.
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
        `Log in as ${id} with this link, which works once and for ten minutes: ${login}`,
        `The API is described at ${url}/api/v1/openapi.json`,
        ...(console === undefined
          ? ['There are no pages behind the login: the console was not built (npm run build).']
          : []),
      ].join('\n'),
    )
    await stopped
    output.note('Finishing the requests in progress.')
  } finally {
    await served.close()
  }
}

function mcpOf({ mcp, mcpStartable: startable }: ServeOptions): LoopServerOptions['mcp'] {
  if (!mcp && startable.length > 0)
    throw new LoopError('invalid_config', '--mcp-startable was given, but no MCP is served.', {
      hint: 'Serve MCP with --mcp, or leave out --mcp-startable.',
    })
  return mcp ? { startable } : undefined
}

/** Resolves at the first SIGTERM or SIGINT, and then stops listening: a second signal ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.off('SIGTERM', stop).off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop).on('SIGINT', stop)
  })
}
