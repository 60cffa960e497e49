import type { LoopSystemOptions } from '@loop-engine/sdk'

import type { LoopServerOptions } from './server.ts'

/** What is not the server's own is for the system. */
export function forSystem({
  accessPath,
  oidc,
  mcp,
  directory,
  channels,
  callbacks,
  console,
  publicUrl,
  signer,
  logger,
  maxBodyBytes,
  requestTimeoutMs,
  timeouts,
  rateLimit,
  strangerLimit,
  trustedProxies,
  sessionMs,
  stream,
  ...rest
}: LoopServerOptions): LoopSystemOptions {
  return rest
}
