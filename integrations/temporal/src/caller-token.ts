import { sign, verify, type KeyObject } from 'node:crypto'

import {
  canonicalize,
  LoopError,
  principalSchema,
  type DecisionKey,
  type Principal,
} from '@loop-engine/core'
import { z } from 'zod'

/** Who starts workflows from this client, and the Ed25519 key that vouches for it. */
export interface Caller {
  readonly principal: Principal | (() => Principal)
  readonly keyId: string
  readonly privateKey: KeyObject
}

/** The workflow that a token was signed for. */
export interface CallerScope {
  readonly workflowId: string
  readonly workflowType: string
}

const tokenSchema = z.strictObject({
  keyId: z.string().max(256),
  signature: z.string().max(256),
  principal: z.unknown(),
})

/** Signs who starts this one workflow. A header alone could claim anybody; the signature proves it. */
export function signCaller({ principal, keyId, privateKey }: Caller, scope: CallerScope): string {
  const who = typeof principal === 'function' ? principal() : principal
  const signature = sign(null, signed(who, scope), privateKey).toString('base64url')
  return JSON.stringify({ keyId, signature, principal: who })
}

/**
 * Reads who started the workflow. Throws `auth` without a token, and for a token of another workflow or an unknown key.
 */
export function verifyCaller(
  token: unknown,
  scope: CallerScope,
  keys: readonly DecisionKey[],
): Principal {
  const read = tokenSchema.safeParse(parsed(token))
  const key = keys.find(({ keyId }) => keyId === read.data?.keyId)
  const principal = principalSchema.safeParse(read.data?.principal)
  if (!read.success || !principal.success || !key) throw unproven()
  const signature = Buffer.from(read.data.signature, 'base64url')
  if (!verify(null, signed(principal.data, scope), key.publicKey, signature)) throw unproven()
  return principal.data
}

function signed(principal: Principal, { workflowId, workflowType }: CallerScope): Uint8Array {
  return Buffer.from(
    `loop-engine caller v1\n${canonicalize({ principal, workflowId, workflowType } as never)}`,
  )
}

function parsed(token: unknown): unknown {
  try {
    return typeof token === 'string' && token.length < 16_384 ? JSON.parse(token) : undefined
  } catch {
    return undefined
  }
}

function unproven(): LoopError {
  return new LoopError('auth', 'No valid signature proves who started the workflow.', {
    plugin: 'temporal',
    hint: 'Give the client a plugin with a caller, and the worker the public key of that caller.',
  })
}
