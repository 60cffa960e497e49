import {
  canonicalize,
  isLoopError,
  sha256Hex,
  systemClock,
  type Actor,
  type JsonObject,
  type LoopDefinition,
} from '@loop-engine/core'
import { present, quiet } from '@loop-engine/core/provider'

import { countOf, fieldsOf, listOf, textOf } from '../fields.ts'
import { once } from '../once.ts'
import { askingModels } from './asking-model.ts'
import type { GovernModelOptions } from './govern-model.ts'
import { createAttemptLinks } from './model-attempts.ts'
import { createGovernedCall, type GovernedCall, type ModelCallEvidence } from './model-call.ts'
import { openCall } from './model-record.ts'
import type { AnyLanguageModel } from './model-shape.ts'
import { createModelWitness } from './model-witness.ts'
import { promptOfParams } from './prompt-of-params.ts'

export interface ModelCalls {
  /** Judges and records one attempt before it leaves. Throws a `LoopError` if it may not leave. */
  begin(params: unknown, streamed: boolean): Promise<GovernedCall>
}

/** The longest prompt that is recorded, in bytes; an engine takes 256 KiB of evidence by default. */
const longestPrompt = 196_608

const ownIds = { id: (): string => crypto.randomUUID() }

/** Begins the calls of one governed model: finds the actor, the prompt, and which attempt of which call it is. */
export function createModelCalls(
  model: AnyLanguageModel,
  loop: LoopDefinition | string,
  options: GovernModelOptions,
): ModelCalls {
  const { engine, tenant = 'default', strict = false, record = 'hashes', estimate } = options
  const { clock = systemClock, ids = ownIds, correlationId } = options
  const linkAttempt = createAttemptLinks()
  const witness = strict ? createModelWitness({ engine, tenant }) : undefined
  const { note: noteAsked } = askingModels(engine, tenant)
  const loopId = typeof loop === 'string' ? loop : loop.id
  const tell = quiet<ModelCallEvidence>((evidence) => options.onEvidence?.(evidence))
  const defined = once(async () => {
    if (typeof loop !== 'string') await engine.define(loop)
  })

  return {
    async begin(params, streamed) {
      await defined()
      const prompt = promptOfParams(model.modelId, params)
      const text = canonicalize(prompt, { maxBytes: Infinity })
      const promptHash = sha256Hex(text)
      const promptBytes = Buffer.byteLength(text)
      const attempt = linkAttempt(params, promptHash, () => ids.id())
      const { link } = attempt
      const actor = actorOf(model, options.actor, promptHash)
      const aggregateId = `model-call/${ids.id()}`
      const evidence: JsonObject = {
        provider: model.provider,
        modelId: model.modelId,
        promptHash,
        ...link,
        streamed,
        calls: 1,
        promptBytes,
        maxOutputTokens: countOf(fieldsOf(params)['maxOutputTokens']) ?? null,
        tools: toolNames(params),
        ...(estimate && { estimate: { ...estimate(params) } }),
        ...(record === 'text' && {
          prompt: promptBytes <= longestPrompt ? prompt : { omitted: true },
        }),
      }
      const opened = await openCall({
        engine,
        tenant,
        loopId,
        aggregateId,
        actor,
        correlationId: correlationId ?? link.callId,
        metadata: { ...link },
        evidence,
      }).catch((error: unknown) => {
        const { reason = null, runId = null } = isLoopError(error) ? (error.details ?? {}) : {}
        tell({
          outcome: 'blocked',
          aggregateId,
          runId: textOf(runId) ?? null,
          ...link,
          actor,
          evidence: { ...evidence, reason: textOf(reason) ?? null },
        })
        throw error
      })

      return createGovernedCall({
        opened,
        actor,
        attempt,
        params,
        streamed,
        record,
        witness,
        noteAsked,
        clock,
        tell,
      })
    },
  }
}

function actorOf(
  { provider, modelId }: AnyLanguageModel,
  own: GovernModelOptions['actor'],
  promptHash: string,
): Actor {
  return {
    id: `agent:${provider}`.slice(0, 256),
    ...own,
    type: 'ai-agent',
    ...present({ provider: textOf(provider, 128), modelId: textOf(modelId) }),
    promptHash,
  }
}

function toolNames(params: unknown): readonly string[] {
  return listOf(fieldsOf(params)['tools'])
    .map((tool) => textOf(fieldsOf(tool)['name'], 128))
    .filter((name) => name !== undefined)
    .slice(0, 256)
}
