import { readFileSync } from 'node:fs'

import { createLoopSystem, parseLoop, type HistoryItem, type Provider } from '@loop-engine/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { createAsk } from './proposals/asking.ts'
import { createRulesProvider } from './proposals/rules-provider.ts'
import type { Signal } from './signals/signals.ts'
import { createTicketIntegration } from './tickets/ticket-integration.ts'
import { createTicketDesk } from './tickets/tickets.ts'
import { createTriage, type Triage } from './triage.ts'

const matter: Signal = {
  kind: 'signal',
  key: 'issues:octo-org/octo-repo#1',
  event: 'issues',
  action: 'opened',
  title: 'A token was leaked',
  url: 'https://github.com/octo-org/octo-repo/issues/1',
  repository: 'octo-org/octo-repo',
  severityHint: null,
  facts: { label: 'security', word: 'leaked' },
  digest: 'digest',
}

async function open(): Promise<{
  job(startId: string, provider?: Provider): Triage
  history(): Promise<HistoryItem[]>
}> {
  const loop = parseLoop(readFileSync(new URL('triage.loop.yaml', import.meta.url), 'utf8'))
  const desk = createTicketDesk(':memory:')
  const { engine, close } = await createLoopSystem({
    loops: [loop],
    integrations: [createTicketIntegration(desk)],
  })
  onTestFinished(close)
  return {
    job: (startId, provider = createRulesProvider()) =>
      createTriage({
        engine,
        loop,
        ask: createAsk(provider, new AbortController().signal),
        startId,
      }),
    history: () => Array.fromAsync(engine.history({ aggregateId: matter.key })),
  }
}

/** A provider that runs `meanwhile` before it proposes by the rules. */
function slowly(meanwhile: () => Promise<unknown>): Provider {
  const rules = createRulesProvider()
  return {
    ...rules,
    async createSubmission(...question) {
      await meanwhile()
      return rules.createSubmission(...question)
    },
  }
}

test('a matter that another start has taken further is left as it is', async () => {
  const { job, history } = await open()
  const fast = job('fast')

  const { opened, run } = await job(
    'slow',
    slowly(() => fast.take(matter)),
  ).take(matter)

  expect(opened).toBe(true)
  expect(run).toMatchObject({ currentState: 'ASSESSED', openApprovals: 1 })
  const types = (await history()).map(({ entry }) => entry.type)
  expect(types).toEqual(['loop.started', 'loop.transition.executed', 'loop.approval.requested'])
})

test('an agent cannot dismiss a matter that its source calls severe, however sure the agent is', async () => {
  const { job } = await open()
  const rules = createRulesProvider()
  const misled: Provider = {
    ...rules,
    async createSubmission(...question) {
      const submission = await rules.createSubmission(...question)
      const dismissal = { severity: 'low', remediation: 'dismiss', risk: 'low', confidence: 1 }
      return { ...submission, decision: { ...submission.decision, ...dismissal } }
    },
  }

  const severe = await job('one', misled).take({ ...matter, severityHint: 'critical' })
  const minor = await job('one', misled).take({ ...matter, key: 'another', severityHint: 'low' })

  expect(severe.run.currentState).toBe('IN_REVIEW')
  expect(minor.run.currentState).toBe('DISMISSED')
})

test('the proposed step quotes the one answer of the agent, and its cost counts once', async () => {
  let questions = 0
  const { job, history } = await open()

  await job(
    'one',
    slowly(async () => {
      questions++
    }),
  ).take(matter)

  const [, assessed, asked] = await history()
  expect(questions).toBe(1)
  expect(asked?.evidence).toEqual(assessed?.evidence)
  expect(asked?.entry.actor.promptHash).toBe(assessed?.entry.actor.promptHash)
})
