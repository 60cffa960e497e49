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

/** What a provider asks for, and what it makes of the answer. */
export function wireDecision(bench: WireBench<Provider>): void {
  const answered = (value: JsonObject): Provider => bench.plugin([{ kind: 'decision', value }])

  describe('asks for a decision', () => {
    test('with one request, which carries the key where it belongs and nowhere else', async () => {
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

    test('and takes no signal that is open elsewhere, but not here', async () => {
      const submission = answered(decisionFor('approve')).createSubmission(narrowQuestion)

      await expect(submission).rejects.toMatchObject({ code: 'bad_response', retryable: true })
    })

    test('and records how sure the model says it is, which alone decides nothing', async () => {
      const { actor } = await answered(decisionFor('approve')).createSubmission(question)

      expect(actor).toMatchObject({ type: 'ai-agent', confidence: 0.87 })
    })

    test('and says which words it put around the question', async () => {
      const { actor } = await answered(decisionFor('approve')).createSubmission(question)

      expect(actor.templateHash).toMatch(/^[0-9a-f]{64}$/)
      expect(actor.promptVersion).toEqual(expect.any(String))
    })

    test.each([
      ['out of range', { ...decisionFor('approve'), confidence: 1.5 }],
      ['missing', { signal: 'approve', rationale: 'Yes.' }],
      ['beyond the schema', { ...decisionFor('approve'), effect: 'refund' }],
    ])(
      'and reads the answer itself, whatever the vendor promised: a member %s',
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

/** Every schema of an object with a `signal`, wherever the vendor wants it. */
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
