import {
  submissionSchema,
  type JsonObject,
  type JsonValue,
  type Provider,
  type SubmissionContext,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { asObject } from '../model-server/model-wire.ts'
import { decisionFor, narrowQuestion, question } from './question.ts'
import type { WireBench } from './wire-bench.ts'

/** Tests what a provider sends for a decision, and how it reads the answer. */
export function wireDecision(bench: WireBench<Provider>): void {
  const answered = (value: JsonObject): Provider => bench.plugin([{ kind: 'decision', value }])

  describe('asks for a decision', () => {
    test('with one request, which holds the key in its place and nowhere else', async () => {
      const { apiKey } = bench.server()

      const submission = await answered(decisionFor('approve')).createSubmission(question)

      expect(submissionSchema.parse(submission)).toBeTruthy()
      const { signal, ...decision } = decisionFor('approve')
      expect(submission).toMatchObject({ signal, decision })
      const [request, ...more] = bench.server().requests
      expect(more).toEqual([])
      expect(request).toMatchObject({ keyMatched: true, streams: false })
      expect(JSON.stringify(request)).not.toContain(apiKey)
      expect(JSON.stringify(request?.body)).toContain('EVIDENCE-THAT-STAYS-INSIDE')
    })

    test.each([
      ['two signals', question],
      ['one signal', narrowQuestion],
    ])('whose schema allows exactly the signals that are open: %s', async (_, context) => {
      await answered(decisionFor('reject')).createSubmission(context)

      const [schema, ...more] = decisionSchemas(bench.server().requests[0]?.body ?? {})
      expect(more).toEqual([])
      expect(signalsOf(schema)).toEqual(ids(context).toSorted())
      expect(schema?.['required']).toEqual(
        expect.arrayContaining(['signal', 'rationale', 'confidence']),
      )
    })

    test('and accepts no signal that is open in another state only', async () => {
      const submission = answered(decisionFor('approve')).createSubmission(narrowQuestion)

      await expect(submission).rejects.toMatchObject({ code: 'bad_response', retryable: true })
    })

    test('and records the confidence that the model states, which by itself decides nothing', async () => {
      const { actor } = await answered(decisionFor('approve')).createSubmission(question)

      expect(actor).toMatchObject({ type: 'ai-agent', confidence: 0.87 })
    })

    test('and records the hash of the template around the question', async () => {
      const { actor } = await answered(decisionFor('approve')).createSubmission(question)

      expect(actor.templateHash).toMatch(/^[0-9a-f]{64}$/)
      expect(actor.promptVersion).toEqual(expect.any(String))
    })

    test.each([
      ['out of range', { ...decisionFor('approve'), confidence: 1.5 }],
      ['missing', { signal: 'approve', rationale: 'Yes.' }],
      ['beyond the schema', { ...decisionFor('approve'), effect: 'refund' }],
    ])(
      'and checks the answer itself, whatever the vendor promises: a member %s',
      async (_, value) => {
        const submission = answered(value).createSubmission(question)

        await expect(submission).rejects.toMatchObject({ code: 'bad_response', retryable: true })
      },
    )
  })
}

function ids({ availableSignals }: SubmissionContext): string[] {
  return availableSignals.map(({ signalId }) => signalId)
}

/** Every schema in a request body that describes an object with a `signal`. */
function decisionSchemas(value: JsonValue): JsonObject[] {
  if (typeof value !== 'object' || value === null) return []
  if (isArray(value)) return value.flatMap(decisionSchemas)
  const here = Object.hasOwn(asObject(value['properties']), 'signal') ? [value] : []
  return [...here, ...Object.values(value).flatMap(decisionSchemas)]
}

function signalsOf(schema: JsonObject | undefined): JsonValue[] | undefined {
  const signal = asObject(asObject(schema?.['properties'])['signal'])
  if (signal['const'] !== undefined) return [signal['const']]
  return isArray(signal['enum']) ? signal['enum'].map(String).toSorted() : undefined
}

function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
