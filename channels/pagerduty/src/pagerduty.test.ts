import type { ApprovalRequest } from '@loop-engine/core'
import {
  createAuthority,
  createIntake,
  createLoopSystem,
  createMemoryStore,
} from '@loop-engine/sdk'
import {
  channelConformance,
  channelJourneys,
  type ChannelVendor,
  type Click,
} from '@loop-engine/testing'
import { afterAll, beforeAll } from 'vitest'

import { codeOf, noteRequest, optionsFor, secret } from './board.fixture.ts'
import { routingKey, type FakeIncident, type FakePagerDuty } from './fake-answers.fixture.ts'
import { startFakePagerDuty, webhookUrl } from './fake-pagerduty.fixture.ts'
import { createTriggerEvent } from './incident/alert.ts'
import { createDecisionCodes } from './incident/decision-code.ts'
import { createIncidentReferences } from './incident/incident-reference.ts'
import { createPagerDutyChannel } from './index.ts'

interface Vendor extends ChannelVendor {
  readonly fake: FakePagerDuty
}

const userOf = (person: string): string => `P${person.toUpperCase()}`

function incidentOf(fake: FakePagerDuty, { requestId, revision }: Click): FakeIncident {
  const found = fake.incidents.find(({ alerts }) => {
    const text = JSON.stringify(alerts)
    return text.includes(`"request":"${requestId}"`) && text.includes(`"revision":${revision},`)
  })
  if (!found) throw new Error('no incident shows this revision')
  return found
}

function click(fake: FakePagerDuty, click: Click): Request {
  const incident = incidentOf(fake, click)
  const { decision, reason = decision === 'reject' ? 'no' : '', person, deliveryId } = click
  const content = `${decision} ${codeOf(incident)} ${reason}`
  return noteRequest(fake, incident, content, { user: userOf(person), id: deliveryId })
}

/** Requests that differ from an authentic one in one way each. */
async function forge(request: Request): Promise<Request[]> {
  const body = await request.clone().text()
  const genuine = request.headers.get('x-pagerduty-signature') ?? ''
  const post = (text: string, header?: string): Request =>
    new Request(webhookUrl, {
      method: 'POST',
      body: text,
      ...(header !== undefined && { headers: { 'x-pagerduty-signature': header } }),
    })
  return [
    post(body),
    post(body, ''),
    post(body, genuine.replace('v1=', 'v0=')),
    post(body, genuine.slice(0, -2)),
    post(body.replace('approve', 'reject'), genuine),
    post(`${body} `, genuine),
  ]
}

channelJourneys<Vendor>({
  name: 'PagerDuty',
  async createVendor(clock) {
    const fake = await startFakePagerDuty(() => clock.now())
    for (const person of ['alice', 'bob', 'mallory', 'owner', 'stranger'])
      fake.users.set(userOf(person), { email: `${person}@acme.example` })
    return {
      fake,
      click: (input) => click(fake, input),
      forged: async (input) => [
        ...(await forge(click(fake, input))),
        noteRequest(fake, incidentOf(fake, input), 'approve', { secrets: ['another secret'] }),
      ],
      shown: (id) =>
        fake.incidents
          .filter(({ alerts }) => JSON.stringify(alerts).includes(`"request":"${id}"`))
          .map((incident) => JSON.stringify(incident)),
      answers: () =>
        fake.incidents.flatMap(({ notes }) =>
          notes
            .filter(({ user, content }) => user.id === 'PBOT' && content.includes('] To P'))
            .map(({ content }) => content),
        ),
      down: (isDown) => {
        fake.isDown = isDown
      },
      close: () => fake.close(),
    }
  },
  create: ({ clock, decide }, { fake }) => ({
    channel: createPagerDutyChannel(
      optionsFor(fake, {
        clock,
        decide,
        people: { by: 'email', principalOf: (email) => knownOnly(email) },
      }),
    ),
  }),
  createSystem: async (options) =>
    createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
  createIntake: (options) => createIntake(options as Parameters<typeof createIntake>[0]),
  createAuthority,
  createStore: () => createMemoryStore(),
  assurance: 'pagerduty',
})

function knownOnly(email: string): string | null {
  const [name = ''] = email.split('@')
  return name === 'stranger' ? null : name
}

let fake: FakePagerDuty
beforeAll(async () => {
  fake = await startFakePagerDuty()
  fake.users.set('PALICE', { email: 'alice@acme.example' })
})
afterAll(() => fake.close())

/** An incident that an earlier process seems to have opened. */
function open(request: ApprovalRequest): FakeIncident {
  const { tenant, id: requestId, revision, viewHash } = request
  const reference = { tenant, requestId, revision, viewHash, needsPage: false }
  const code = createDecisionCodes([secret]).codeFor(reference)
  const sealed = createIncidentReferences([secret]).seal(reference)
  fake.take({ ...createTriggerEvent({ request, routingKey, reference: sealed, code }) })
  return incidentOf(fake, { requestId, revision } as Click)
}

channelConformance({
  name: 'PagerDuty',
  create: (decide) => createPagerDutyChannel(optionsFor(fake, { decide })),
  sent: () => fake.incidents.map((incident) => JSON.stringify(incident)),
  inbound: {
    genuine(request, decision, deliveryId) {
      const incident = open(request)
      const content = `${decision} ${codeOf(incident)} because`
      return noteRequest(fake, incident, content, { id: deliveryId })
    },
    forged(request) {
      const incident = open(request)
      const content = `approve ${codeOf(incident)}`
      return [
        noteRequest(fake, incident, content, { id: 'f1', secrets: [] }),
        noteRequest(fake, incident, content, { id: 'f2', secrets: ['another secret'] }),
      ]
    },
  },
})
