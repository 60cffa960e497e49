import {
  isLoopError,
  sha256Hex,
  type ApprovalRequest,
  type DecisionIntake,
} from '@loop-engine/core'
import { createDecisionLinks } from '@loop-engine/core/decision-page'
import { approvalRequest, channelConformance, startPlan } from '@loop-engine/testing'
import { createTransport } from 'nodemailer'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

import { createEmailChannel, type EmailChannel, type EmailOptions } from './index.ts'
import { createMailboxes } from './mailbox.fixture.ts'
import { fillIn, send } from './visitor.fixture.ts'

const boxes = await createMailboxes()
afterAll(() => boxes.close())
beforeEach(() => {
  boxes.isDown = false
  boxes.gone.clear()
  boxes.clear()
})

const linkKey = 'a key of more than thirty-two bytes'
const publicUrl = 'https://loops.example/decide'
const context = { signal: new AbortController().signal, idempotencyKey: 'notice-1' }
const people = [
  { id: 'alice', address: 'alice@example.com' },
  { id: 'bob', address: 'bob@example.com' },
]
const transport = { host: '127.0.0.1', port: boxes.port, requireTLS: false }

function waiting(change: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return approvalRequest(startPlan().instance, change)
}

function open(options: Partial<EmailOptions> = {}, request = waiting()): EmailChannel {
  return createEmailChannel({
    transport,
    from: 'loops@example.com',
    recipients: () => people,
    secrets: [linkKey],
    publicUrl,
    getApproval: async () => request,
    decide: async () => ({ status: 'recorded', request }),
    clock: { now: () => request.createdAt },
    ...options,
  })
}

/** A request with the reference that `notify` returned, as the engine would store it. */
async function notified(channel: EmailChannel, request: ApprovalRequest): Promise<ApprovalRequest> {
  const ref = await channel.notify(request, request.view, context)
  return { ...request, messages: { [channel.name]: ref } }
}

/** A decision as the request keeps it. */
const said = (id: string, decision: 'approve' | 'respond' = 'approve', at = 1) =>
  ({ decision, reviewer: { type: 'human', id }, stage: 0, revision: 1, at }) as const

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (isLoopError(error) ? error.code : String(error)),
  )

channelConformance({
  name: 'e-mail',
  create: (intake) => open({ decide: async (decision: DecisionIntake) => intake(decision) }),
  sent: () => boxes.mails.map(({ text, html }) => `${text}\n${html}`),
  inbound: {
    genuine: (request, decision) => form(request, linkKey, decision),
    forged: (request) =>
      Promise.all([
        form(request, 'another key of at least thirty-two bytes'),
        form(request, linkKey, 'approve', -1000),
        form(request, linkKey).then(
          async (genuine) =>
            new Request(publicUrl, {
              method: 'POST',
              body: (await genuine.text()).replace('link=ey', 'link='),
            }),
        ),
      ]),
  },
})

/** The form that alice would send. */
async function form(
  request: ApprovalRequest,
  secret: string,
  decision = 'approve',
  expiresInMs = 1000,
): Promise<Request> {
  const now = request.createdAt
  const link = await createDecisionLinks({ secrets: [secret], clock: { now: () => now } }).seal(
    {
      id: sha256Hex(request.id).slice(0, 32),
      tenant: request.tenant,
      requestId: request.id,
      revision: request.revision,
      recipient: 'alice',
    },
    now + expiresInMs,
  )
  const fields = { link, view: request.viewHash, decision, confirm: 'yes', reason: 'fine' }
  return send(publicUrl, fields)
}

describe('a mail', () => {
  test('goes to each reviewer separately, with a personal link, as text and as HTML', async () => {
    await notified(open(), waiting())

    const [one, two] = boxes.mails
    // The mails are sent at the same time, so either may arrive first.
    const receivers = boxes.mails.map(({ to }) => to?.map(({ address }) => address).join())
    expect(new Set(receivers)).toEqual(new Set(['alice@example.com', 'bob@example.com']))
    expect(receivers).toHaveLength(2)
    for (const mail of boxes.mails) {
      expect(mail.text).toContain(linkIn(mail.text))
      expect(mail.html).toContain(linkIn(mail.text))
      // No line of a value can pass for a heading of the mail.
      expect(mail.html).toMatch(/pre\{[^}]*border-left/)
      expect(mail.raw).toContain('multipart/alternative')
    }
    expect(linkIn(one?.text)).not.toBe(linkIn(two?.text))
  })

  test('keeps its link out of every header', async () => {
    await notified(open(), waiting())

    const header = boxes.mails[0]?.raw.split('\r\n\r\n')[0] ?? ''
    expect(header).not.toMatch(/link|ey[A-Z]/)
    expect(header).toContain('Auto-Submitted: auto-generated')
  })

  test('has the same Message-ID at every delivery, so that mail systems drop copies', async () => {
    await notified(open(), waiting())
    await notified(open(), waiting())

    const ids = boxes.of('alice@example.com').map(({ messageId }) => messageId)
    expect(ids).toHaveLength(2)
    expect(new Set(ids)).toEqual(new Set([expect.stringMatching(/^<[0-9a-f]{40}@example\.com>$/)]))
  })

  test('that was sent is not sent again after another mail of the notice failed', async () => {
    const real = createTransport(transport)
    let isBobAway = true
    const transporter = {
      sendMail: async (mail: { to: string }) => {
        if (mail.to === 'bob@example.com' && isBobAway) throw new Error('greylisted')
        return real.sendMail(mail)
      },
    }
    const channel = open({ transport: transporter as never })
    expect(await codeOf(channel.notify(waiting(), waiting().view, context))).toBe('unavailable')

    isBobAway = false
    await channel.notify(waiting(), waiting().view, context)

    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual([
      'alice@example.com',
      'bob@example.com',
    ])
  })

  test('about the outcome is in the thread of the first mail', async () => {
    const channel = open()
    const request = await notified(channel, waiting())

    await channel.update?.(refOf(request), { ...request, status: 'expired' }, request.view, {
      ...context,
      idempotencyKey: 'notice-2',
    })

    const [first, second] = boxes.of('alice@example.com')
    expect(second?.inReplyTo).toBe(first?.messageId)
    expect(second?.references).toBe(first?.messageId)
    expect(second?.subject).toContain('Expired')
  })

  test('has a subject of one line, whatever the title contains', async () => {
    const request = waiting()
    const view = { ...request.view, title: 'pay\r\nBcc: eve@example.com\r\n\r\n<b>now</b> \u202e' }

    await notified(open({}, { ...request, view }), { ...request, view })

    expect(boxes.of('eve@example.com')).toEqual([])
    const [mail] = boxes.mails
    expect(mail?.bcc).toBeUndefined()
    expect(mail?.subject).toContain('pay<U+000D><U+000A>Bcc: eve@example.com')
    expect(mail?.subject).not.toContain('\u202e')
  })

  test.each([
    'a@example.com, eve@example.com',
    'a@example.com\r\nBcc: eve@example.com',
    '"a@evil.example"@example.com',
    'Alice <a@example.com>',
    '',
  ])('is not sent to an address that is not one mailbox: %j', async (address) => {
    const channel = open({ recipients: () => [{ id: 'alice', address }] })

    expect(await codeOf(channel.notify(waiting(), waiting().view, context))).toBe('invalid_config')
    expect(boxes.mails).toEqual([])
  })
})

describe('who is asked', () => {
  test('under four-eyes, neither the requester nor the person for whom it acts', async () => {
    const requester = {
      type: 'ai-agent',
      id: 'agent',
      onBehalfOf: { type: 'human', id: 'alice' },
    } as const

    await notified(open(), waiting({ requester }))

    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual(['bob@example.com'])
  })

  test('everybody else, if one mailbox no longer exists', async () => {
    boxes.gone.add('alice@example.com')

    await notified(open(), waiting())

    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual(['bob@example.com'])
  })

  test('everybody else, if one address is invalid, and the error names its person', async () => {
    const errors: unknown[] = []
    const recipients = () => [{ id: 'carol', address: 'Carol <carol@example.com>' }, ...people]
    const channel = open({ recipients, onError: (error) => errors.push(error) })

    const request = await notified(channel, waiting())
    await channel.update?.(refOf(request), { ...request, status: 'expired' }, request.view, context)

    expect(boxes.of('alice@example.com')).toHaveLength(2)
    expect(boxes.of('bob@example.com')).toHaveLength(2)
    const told = { code: 'invalid_config', details: { recipient: 'carol' } }
    expect(errors).toMatchObject([told, told])
    expect(JSON.stringify(errors)).not.toContain('@example')
  })

  test('everybody else, even if onError throws', async () => {
    const recipients = () => [{ id: 'carol', address: 'carol' }, ...people]
    for (const onError of [
      () => {
        throw new Error('It is away.')
      },
      (async () => Promise.reject(new Error('It is away.'))) as () => never,
    ])
      expect(refOf(await notified(open({ recipients, onError }), waiting()))).toMatchObject({
        asked: ['carol', 'alice', 'bob'],
      })
  })

  test('everybody else, if the mail itself is refused for one', async () => {
    const errors: unknown[] = []
    const real = createTransport(transport)
    const transporter = {
      sendMail: async (mail: { to: string }) => {
        if (mail.to !== 'alice@example.com') return real.sendMail(mail)
        throw Object.assign(new Error('spam'), { code: 'EMESSAGE', responseCode: 554 })
      },
    }
    const channel = open({
      transport: transporter as never,
      onError: (error) => errors.push(error),
    })

    const request = await notified(channel, waiting())

    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual(['bob@example.com'])
    expect(errors).toMatchObject([{ details: { recipient: 'alice', reply: 554 } }])
    expect(refOf(request)).toMatchObject({ asked: ['alice', 'bob'] })
  })

  test('nobody: then the notice fails for good, so that an operator sees it', async () => {
    const nobody = open({ recipients: () => [] })
    expect(await codeOf(nobody.notify(waiting(), waiting().view, context))).toBe('not_found')

    for (const { address } of people) boxes.gone.add(address)
    expect(await codeOf(open().notify(waiting(), waiting().view, context))).toBe('not_found')
  })

  test('people who join at the next stage or by delegation, and nobody twice', async () => {
    const channel = open({
      recipients: (reviewer) => people.filter(({ id }) => id === reviewer),
    })
    const policy = {
      ...waiting().policy,
      stages: [
        { reviewers: ['alice'], quorum: 1 },
        { reviewers: ['bob'], quorum: 1 },
      ],
    }
    const first = await notified(channel, waiting({ policy }))
    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual(['alice@example.com'])

    const next = { ...first, stage: 1 }
    const ref = await channel.update?.(refOf(first), next, next.view, context)
    await channel.update?.(ref ?? {}, next, next.view, { ...context, idempotencyKey: 'notice-3' })
    const askedOnce = ['alice@example.com', 'bob@example.com']
    expect(boxes.mails.map(({ recipient }) => recipient)).toEqual(askedOnce)

    await channel.update?.(ref ?? {}, { ...next, status: 'expired' }, next.view, context)
    const told = boxes.mails.slice(2).map(({ recipient }) => recipient)
    expect(new Set(told)).toEqual(new Set(askedOnce))
    expect(told).toHaveLength(2)
  })

  test('a reminder brings another link to people who have not decided', async () => {
    const channel = open()
    const request = await notified(channel, waiting())
    const voted = { ...request, decisions: [said('bob')] }

    await channel.notify(voted, voted.view, { ...context, idempotencyKey: 'notice-2' })

    expect(boxes.of('bob@example.com')).toHaveLength(1)
    const [first, reminder] = boxes.of('alice@example.com')
    expect(reminder?.subject).toMatch(/^Reminder: /)
    expect(reminder?.messageId).not.toBe(first?.messageId)
    expect(linkIn(reminder?.text)).not.toBe(linkIn(first?.text))
  })

  test('a person who only asked a question back', async () => {
    const channel = open()
    const request = await notified(channel, waiting())
    const asking = { ...request, decisions: [said('alice', 'respond')] }

    await channel.notify(asking, asking.view, { ...context, idempotencyKey: 'notice-2' })

    expect(boxes.of('alice@example.com').at(-1)?.subject).toMatch(/^Reminder: /)
  })

  test('each link works once for each person and notice, however often it is delivered', async () => {
    const links = createDecisionLinks({
      secrets: [linkKey],
      clock: { now: () => waiting().createdAt },
    })
    const other = { ...context, idempotencyKey: 'notice-2' }
    for (const notice of [context, context, other])
      await open().notify(waiting(), waiting().view, notice)

    const idsOf = (person: string): Promise<string[]> =>
      Promise.all(
        boxes.of(`${person}@example.com`).map(async ({ text }) => {
          const token = new URL(linkIn(text)).searchParams.get('link') ?? ''
          const opened = await links.open(token)
          return opened.status === 'open' ? opened.content.id : opened.status
        }),
      )
    const [first, again, reminder] = await idsOf('alice')
    const [bobs] = await idsOf('bob')
    expect(again).toBe(first)
    expect(new Set([first, reminder, bobs]).size).toBe(3)
  })

  test('the person who decided gets a receipt, because the mailbox was the proof', async () => {
    const channel = open()
    const request = await notified(channel, waiting())
    const voted = { ...request, decisions: [said('alice')] }

    await channel.update?.(refOf(request), voted, voted.view, context)

    expect(boxes.of('alice@example.com').at(-1)?.text).toContain('If this was not you')
    expect(boxes.of('bob@example.com')).toHaveLength(1)
  })
})

test('the person who decided gets a receipt even if an earlier approval no longer counts', async () => {
  const channel = open()
  const request = await notified(channel, waiting())
  const first = { ...request, decisions: [said('bob')] }
  const ref = (await channel.update?.(refOf(request), first, first.view, context)) ?? {}
  const second = { ...request, decisions: [said('alice', 'approve', 2)] }

  await channel.update?.(ref, second, second.view, context)

  expect(boxes.of('alice@example.com').at(-1)?.text).toContain('If this was not you')
  expect(boxes.of('bob@example.com')).toHaveLength(2)
})

test('the person who decided gets one receipt, whichever process updates or reminds', async () => {
  const asked = await notified(open(), waiting())
  const voted = { ...asked, decisions: [said('alice')] }
  const told = (await open().update?.(refOf(asked), voted, voted.view, context)) ?? {}
  const shown = { ...voted, messages: { email: told } }

  const reminded = (await open().notify(shown, shown.view, context)) ?? {}
  await open().update?.(reminded, shown, shown.view, context)

  const receipts = boxes.of('alice@example.com').filter(({ text }) => text?.includes('not you'))
  expect(receipts).toHaveLength(1)
})

test('a decider without a mailbox holds up nothing', async () => {
  const channel = open()
  const request = await notified(channel, waiting())
  boxes.gone.add('alice@example.com')
  const voted = { ...request, decisions: [said('alice')] }

  const ref = await channel.update?.(refOf(request), voted, voted.view, context)

  expect(ref).toMatchObject({ asked: ['alice', 'bob'] })
})

describe('a fault of the mail server', () => {
  test('that is temporary is retryable, and quotes nothing', async () => {
    boxes.isDown = true

    const fault = await open()
      .notify(waiting(), waiting().view, context)
      .catch((error: unknown) => error)

    expect(fault).toMatchObject({ code: 'unavailable', retryable: true, details: { reply: 451 } })
    expect(JSON.stringify(fault)).not.toMatch(/alice|not now|link/)
    expect(fault).not.toHaveProperty('cause')
  })

  test('is reported if it cannot encrypt: links are not sent in the clear unless the application asks for that', async () => {
    const { requireTLS: _, ...options } = transport

    const channel = open({ transport: options })

    expect(await codeOf(channel.notify(waiting(), waiting().view, context))).toBe('unavailable')
    expect(boxes.mails).toEqual([])
  })
})

test('a shared link asks for a code that is mailed to the reviewer', async () => {
  const decisions: DecisionIntake[] = []
  const request = waiting()
  const channel = open({
    decide: async (decision) => {
      decisions.push(decision)
      return { status: 'executed', request }
    },
  })
  const page = await (await channel.handle(new Request(await channel.sharedLink(request)))).text()
  const filled = { ...fillIn(page, 'approve'), address: 'ALICE@example.com' }

  const next = await (await channel.handle(send(publicUrl, filled))).text()
  const challenge = /name="challenge" value="([^"]*)"/.exec(next)?.[1] ?? ''
  const mail = boxes.of('alice@example.com').at(-1)
  const code = mail?.text?.match(/Code: (\S+)/)?.[1] ?? ''
  expect(decisions).toEqual([])
  await channel.handle(send(publicUrl, { challenge, code }))

  expect(mail?.subject).not.toContain(code)
  expect(decisions).toMatchObject([{ reviewer: { id: 'alice' }, proof: { step: 'code' } }])
})

function linkIn(text: string | undefined): string {
  return text?.match(/https:\S+link=\S+/)?.[0] ?? 'no link'
}

function refOf(request: ApprovalRequest): Record<string, never> {
  return request.messages['email'] as Record<string, never>
}

test.each([
  ['/stepup', { stepup: 'code' }],
  ['/transport', { transport: undefined }],
  ['/recipients', { recipients: people }],
])('%s is checked when the channel is made', (path, options: object) => {
  expect(() => open(options)).toThrow(expect.objectContaining({ code: 'invalid_config', path }))
})
