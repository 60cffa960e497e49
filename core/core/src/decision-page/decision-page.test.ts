import { createHash } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import type { DecisionIntake } from '../contracts/channel.ts'
import { LoopError } from '../errors.ts'
import type { ApprovalRequest } from '../model/approval.ts'
import { createDecisionPage, type DecisionPageOptions, type SendCodeInput } from './index.ts'
import { hostile, noon, waitingRequest } from './waiting-request.fixture.ts'

const url = 'https://loops.example/decide'

/** A page, who visits it by a link of alice's, and what came of it. */
async function visiting(
  request: ApprovalRequest = waitingRequest(),
  options: Partial<DecisionPageOptions> = {},
  recipient: string | undefined = 'alice',
) {
  const decisions: DecisionIntake[] = []
  const codes: SendCodeInput[] = []
  const errors: unknown[] = []
  const time = { now: noon }
  const page = createDecisionPage({
    name: 'page',
    publicUrl: url,
    secrets: ['a secret of more than thirty-two bytes'],
    getApproval: async () => request,
    decide: async (decision) => {
      decisions.push(decision)
      return { status: 'executed', request }
    },
    sendCode: async (code) => void codes.push(code),
    identify: async (address) => (address === 'alice@example.com' ? 'alice' : null),
    onError: (error) => errors.push(error),
    clock: { now: () => time.now },
    ...options,
  })
  const address = await page.linkFor(
    {
      id: '0'.repeat(32),
      tenant: 'default',
      requestId: request.id,
      revision: 1,
      ...(recipient !== '' && { recipient }),
    },
    request.expiresAt,
  )
  const post = (fields: Record<string, string>): Promise<Response> =>
    page.handle(new Request(url, { method: 'POST', body: new URLSearchParams(fields) }))
  const link = new URL(address).searchParams.get('link') ?? ''
  const base = { link, view: request.viewHash, decision: 'approve', confirm: 'yes' }
  const challengeOf = async (answer: Response): Promise<string> =>
    /name="challenge" value="([^"]*)"/.exec(await answer.text())?.[1] ?? ''
  return { page, address, link, base, post, challengeOf, decisions, codes, errors, time }
}
const risky = (): ApprovalRequest =>
  waitingRequest({}, { transition: { id: 'pay', from: 'ASKED', to: 'PAID', risk: 'high' } })

describe('showing', () => {
  test('who only asked something back may still decide', async () => {
    const alice = { type: 'human', id: 'alice' } as const
    const asking = {
      decision: 'respond',
      reviewer: alice,
      stage: 0,
      revision: 1,
      at: noon,
    } as const
    const { page, address } = await visiting(waitingRequest({ decisions: [asking] }))

    const text = await (await page.handle(new Request(address))).text()

    expect(text).not.toContain('You have decided')
    expect(text).toContain('name="decision"')
  })

  test.each(['GET', 'HEAD'])('%s shows and decides nothing', async (method) => {
    const { page, address, decisions, codes } = await visiting()

    const answer = await page.handle(new Request(address, { method }))

    expect(answer.status).toBe(200)
    expect((await answer.text()).length > 0).toBe(method === 'GET')
    expect([...decisions, ...codes]).toEqual([])
  })

  test('nothing is loaded, framed, cached, indexed or told to another site', async () => {
    const { page, address } = await visiting()

    const answer = await page.handle(new Request(address))

    const text = await answer.text()
    const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? ''
    const hash = createHash('sha256').update(style).digest('base64')
    expect(answer.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
    })
    // No line of a value poses as a heading of the page.
    expect(style).toMatch(/^pre\{.*border-left/m)
    expect(text).not.toMatch(/<script|https?:|style="|\son\w+=/)
    expect(text).toContain('action="/decide"')
  })

  test('it says what will run, who asks, for whom, until when and what happens otherwise', async () => {
    const { page, address } = await visiting()

    const text = await (await page.handle(new Request(address))).text()

    for (const fact of ['pay on order-1', 'bank.pay', '120', 'agent:payer', 'owner', 'order 4711'])
      expect(text).toContain(fact)
    for (const fact of [
      '2026-01-01 13:00 UTC',
      'stays in ASKED',
      'unusual',
      '0 of 1',
      'alice, bob',
    ])
      expect(text).toContain(fact)
    expect(text).toContain('written by a model')
  })

  test('what comes from outside is data: markup is text, and nothing in it is invisible', async () => {
    const field = { path: '/x', label: hostile, value: hostile, fromModel: true }
    const request = waitingRequest(
      {},
      {
        title: hostile,
        warnings: [hostile],
        fields: [field, { ...field, value: { [hostile]: hostile } }],
      },
    )
    const { page, address } = await visiting(request)

    const text = await (await page.handle(new Request(address))).text()

    expect(text).not.toMatch(/<script|<img|[\u202e\u200b\u{e0041}]/u)
    expect(text).toContain('&lt;script&gt;')
    expect(text).toContain('&lt;U+202E&gt;gnp.exe&lt;U+200B&gt;&lt;U+E0041&gt;')
  })

  test('a long value is folded and whole', async () => {
    const value = `${'a long story. '.repeat(1000)}the end`
    const field = { path: '/x', label: 'story', value, fromModel: true }
    const { page, address } = await visiting(waitingRequest({}, { fields: [field] }))

    const text = await (await page.handle(new Request(address))).text()

    expect(text).toContain(value)
    expect(text).toContain(`<summary>${value.length} characters`)
  })

  test('what was decided is told with who decided', async () => {
    const bob = { type: 'human', id: 'bob' } as const
    const decision = { decision: 'reject', reviewer: bob, stage: 0, revision: 1, at: noon } as const
    const { page, address } = await visiting(
      waitingRequest({ status: 'rejected', decisions: [decision], decidedAt: noon }),
    )

    const text = await (await page.handle(new Request(address))).text()

    expect(text).toContain('Rejected by bob')
    expect(text).not.toContain('<form')
    // Nothing of it is told as if it waited.
    expect(text).toContain('What was to run')
    expect(text).not.toMatch(/What will run|If nobody decides|Expires/)
  })

  test('a link of before an edit shows no form', async () => {
    const { page, address } = await visiting(waitingRequest({ revision: 2 }))

    const answer = await page.handle(new Request(address))

    expect(answer.status).toBe(409)
    expect(await answer.text()).not.toContain('<form')
  })

  test('an expired, broken or missing link gets a page that says so', async () => {
    const { page, address, time } = await visiting()
    const statusOf = async (to: string): Promise<number> =>
      (await page.handle(new Request(to))).status

    expect(await statusOf(url)).toBe(400)
    expect(await statusOf(`${address}x`)).toBe(403)
    time.now += 3_700_000
    expect(await statusOf(address)).toBe(410)
  })
})

describe('deciding', () => {
  test('an approval is handed over once for each link, with what was seen', async () => {
    const { post, base, decisions } = await visiting()

    const answer = await post({ ...base, reason: 'fine' })
    await post({ ...base, reason: 'fine' })

    expect(await answer.text()).toContain('carried out')
    expect(decisions).toMatchObject([
      {
        requestId: 'request-1',
        revision: 1,
        viewHash: base.view,
        decision: 'approve',
        reason: 'fine',
        reviewer: { type: 'human', id: 'alice' },
        assurance: { method: 'signed-link', subject: 'alice' },
      },
      { idempotencyKey: decisions[0]?.idempotencyKey },
    ])
    expect(JSON.stringify(decisions)).not.toContain(base.link)
  })

  test('it takes an explicit yes, and a reason to say no', async () => {
    const { post, base, decisions } = await visiting()
    const { confirm: _, ...unconfirmed } = base

    expect((await post(unconfirmed)).status).toBe(422)
    expect((await post({ ...base, decision: 'reject', reason: '  ' })).status).toBe(422)
    expect(decisions).toEqual([])
  })

  test('of whom somebody has voted in the place is not told to have voted', async () => {
    const { post, base } = await visiting(waitingRequest(), {
      decide: async () => ({ status: 'refused', reason: 'already_voted' }),
    })

    expect(await (await post(base)).text()).toContain('or somebody in your place')
  })

  test('who decides on what was taken back is not told that it was decided', async () => {
    const request = waitingRequest({ status: 'cancelled' })
    const { post, base } = await visiting(waitingRequest(), {
      decide: async () => ({ status: 'refused', reason: 'already_decided', request }),
    })

    const text = await (await post(base)).text()

    expect(text).toContain('taken back')
    expect(text).not.toContain('was decided before you')
  })

  test.each([
    'already_decided',
    'expired',
    'stale_revision',
    'view_changed',
    'superseded',
    'not_a_person',
    'identity_not_verified',
    'requester_cannot_decide',
    'not_entitled',
    'already_voted',
    'assurance_too_low',
    'not_allowed',
    'stopped',
    'limit_reached',
  ])('a refusal says why: %s', async (reason) => {
    const { post, base } = await visiting(waitingRequest(), {
      decide: async () => ({ status: 'refused', reason }),
    })

    const answer = await post(base)

    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    const text = await answer.text()
    expect(text).toContain('role="status"')
    expect(text).not.toContain('<h1>Not taken</h1>')
  })

  test('a link that decided cannot decide otherwise', async () => {
    const { post, base } = await visiting(waitingRequest(), {
      decide: async () => {
        throw new LoopError('key_mismatch', 'The idempotency key was used for another decision.')
      },
    })

    const answer = await post(base)

    expect(answer.status).toBe(409)
    expect(await answer.text()).toContain('This link was used')
  })

  test.each([
    ['unavailable', 'Nothing was decided'],
    ['unknown_outcome', 'not certain whether your decision was taken'],
    ['timeout', 'not certain whether your decision was taken'],
  ] as const)('a store that is away is told as it is: %s', async (code, words) => {
    const { post, base, errors } = await visiting(waitingRequest(), {
      decide: async () => {
        throw new LoopError(code, 'The connection was lost.', { retryable: true })
      },
    })

    const text = await (await post(base)).text()

    expect(text).toContain(words)
    expect(text.includes('Nothing was decided')).toBe(code === 'unavailable')
    expect(errors).toHaveLength(1)
  })

  test('what fails behind the page is a page too, and says nothing of the fault', async () => {
    const { post, base, errors } = await visiting(waitingRequest(), {
      decide: async () => {
        throw new Error('password=hunter2')
      },
    })

    const answer = await post(base)

    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('hunter2')
    expect(errors).toHaveLength(1)
  })

  test('where the request cannot be read nothing was decided, and the page says so', async () => {
    const { page, address, post, base, decisions, errors } = await visiting(waitingRequest(), {
      getApproval: async () => {
        throw new LoopError('unavailable', 'The connection was lost.', { retryable: true })
      },
    })

    for (const answer of [await page.handle(new Request(address)), await post(base)]) {
      expect(answer.status).toBe(503)
      const text = await answer.text()
      expect(text).toContain('Nothing was decided')
      expect(text).not.toContain('not certain')
    }
    expect([decisions, errors]).toMatchObject([[], [{}, {}]])
  })

  test('who is told of a fault may fail too, and the answer stays the same', async () => {
    const { page, address, post, base } = await visiting(waitingRequest(), {
      decide: async () => {
        throw new Error('The connection was lost.')
      },
      onError: () => {
        throw new Error('The log is full.')
      },
    })

    expect((await page.handle(new Request(address))).status).toBe(200)
    const answer = await post(base)
    expect(answer.status).toBe(500)
    expect(await answer.text()).toContain('not certain whether your decision was taken')
  })

  test('a body that is far too long is not read to its end', async () => {
    const { page } = await visiting()
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        // It does end, long after it should have been given up, so that a missing bound fails and does not hang.
        if (++pulled > 100) return controller.close()
        controller.enqueue(new Uint8Array(16_384))
      },
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }

    const long = { method: 'POST', body, headers, duplex: 'half' } as RequestInit
    const answer = await page.handle(new Request(url, long))

    expect(answer.status).toBe(400)
    expect(pulled).toBeLessThan(10)
  })
})

describe('one more step from medium risk', () => {
  test('nothing is decided before the code that was sent is typed', async () => {
    const { post, base, decisions, codes, challengeOf } = await visiting(risky())

    const challenge = await challengeOf(await post(base))
    expect(decisions).toEqual([])
    expect(codes).toMatchObject([{ recipient: 'alice', decision: 'approve' }])
    expect((await post({ challenge, code: '0000-0000' })).status).toBe(403)
    expect(decisions).toEqual([])

    await post({ challenge, code: codes[0]?.code ?? '' })
    expect(decisions).toMatchObject([{ decision: 'approve', proof: { step: 'code' } }])
  })

  test('a code confirms one decision at one time, and not another', async () => {
    const { post, base, decisions, codes, challengeOf, time } = await visiting(risky())
    await post(base)
    const no = await challengeOf(await post({ ...base, decision: 'reject', reason: 'no' }))
    expect((await post({ challenge: no, code: codes[0]?.code ?? '' })).status).toBe(403)

    time.now += 1000
    const again = await challengeOf(await post(base))
    expect((await post({ challenge: again, code: codes[0]?.code ?? '' })).status).toBe(403)
    expect(decisions).toEqual([])

    time.now += 660_000
    expect((await post({ challenge: again, code: codes[2]?.code ?? '' })).status).toBe(410)
    expect(decisions).toEqual([])
  })

  test('who mistypes the code sees what it is for, and how long it is still good', async () => {
    const { post, base, challengeOf, time } = await visiting(risky())
    const challenge = await challengeOf(await post(base))
    time.now += 480_000

    const page = await (await post({ challenge, code: 'AAAA-AAAA' })).text()

    expect(page).toContain('pay on order-1')
    expect(page.replaceAll(/\s+/g, ' ')).toContain('It is good for 2 minutes')
  })

  test('who has decided, and sends the form again, gets no other code', async () => {
    const at = { stage: 0, revision: 1, at: noon }
    const reviewer = { type: 'human', id: 'alice' } as const
    const { post, base, codes } = await visiting({
      ...risky(),
      decisions: [{ decision: 'approve', reviewer, ...at }],
    })

    const page = await (await post(base)).text()

    expect(page).toContain('You have decided')
    expect(codes).toEqual([])
  })

  test('codes are neither guessed nor sent without end', async () => {
    const { post, base, codes, challengeOf } = await visiting(risky())
    const challenge = await challengeOf(await post(base))

    for (let guess = 0; guess < 10; guess++) await post({ challenge, code: `${guess}` })
    expect((await post({ challenge, code: codes[0]?.code ?? '' })).status).toBe(429)

    for (let more = 0; more < 10; more++) await post(base)
    expect(codes).toHaveLength(5)
  })

  test('who asked too often is told how long that lasts', async () => {
    const { post, base } = await visiting(risky(), { codeTtlMs: 1_800_000 })
    for (let sent = 0; sent < 5; sent++) await post(base)

    const page = await post(base)

    expect(page.status).toBe(429)
    expect(await page.text()).toContain('Wait 30 minutes')
  })

  test('a code that cannot be sent is said, and decides nothing', async () => {
    const { post, base, decisions, errors } = await visiting(risky(), {
      sendCode: async () => {
        throw new LoopError('unavailable', 'A mail could not be sent.', { retryable: true })
      },
    })

    expect((await post(base)).status).toBe(503)
    expect([decisions, errors]).toMatchObject([[], [{ code: 'unavailable' }]])
  })

  test('a risk that nobody has heard of counts as the highest', async () => {
    const transition = { id: 'pay', from: 'ASKED', to: 'PAID', risk: 'cosmic' }
    const { post, base, decisions } = await visiting(waitingRequest({}, { transition }))

    await post(base)

    expect(decisions).toEqual([])
  })

  test('with sign-in, the page leads there and decides nothing', async () => {
    const { page, address, post, base, decisions, codes } = await visiting(risky(), {
      stepUp: 'login-url',
      loginUrl: ({ id }) => `https://loops.example/console/${id}`,
    })

    const text = await (await page.handle(new Request(address))).text()
    await post(base)

    expect(text).toContain('href="https://loops.example/console/request-1"')
    expect(text).not.toContain('<form')
    expect([...decisions, ...codes]).toEqual([])
  })

  test('a rule that asks for a stronger proof leaves the page only the way to say no', async () => {
    const { policy } = waitingRequest()
    const { page, address } = await visiting(
      waitingRequest({ policy: { ...policy, assurance: 'oidc' } }),
    )

    const text = await (await page.handle(new Request(address))).text()

    expect(text).not.toContain('value="approve"')
    expect(text).toContain('value="reject"')
  })
})

describe('a link that is nobody’s own', () => {
  test('asks who decides and proves it by a code, whatever the risk', async () => {
    const { page, address, post, base, decisions, codes, challengeOf } = await visiting(
      waitingRequest(),
      {},
      '',
    )
    const text = await (await page.handle(new Request(address))).text()
    expect(text).toContain('A one-time code is sent')

    const challenge = await challengeOf(await post({ ...base, address: 'alice@example.com' }))
    await post({ challenge, code: codes[0]?.code ?? '' })

    expect(decisions).toMatchObject([{ reviewer: { id: 'alice' } }])
  })

  test('tells nobody who reviews, and lets nobody else decide', async () => {
    const { post, base, decisions, codes } = await visiting(waitingRequest(), {}, '')
    const shape = async (address: string): Promise<string> =>
      (await (await post({ ...base, address })).text()).replaceAll(/value="[^"]*"/g, '')

    expect(await shape('mallory@example.com')).toBe(await shape('alice@example.com'))
    expect(codes).toHaveLength(1)
    expect(decisions).toEqual([])
  })
})

test.each([
  ['http://loops.example/decide', {}],
  [url, { sendCode: undefined }],
  [url, { stepUp: 'login-url' as const }],
  // What no type has checked: any other step would be none.
  [url, { stepUp: 'totp' }],
  [url, { stepUpFrom: 'severe' }],
  ['/decide', {}],
  [url, { secrets: undefined }],
  [url, { getApproval: undefined }],
  [url, { decide: undefined }],
  [url, { stepup: 'none' }],
])(
  'a page that could not keep its promises is not made: %s %o',
  async (address, options: object) => {
    await expect(
      visiting(waitingRequest(), { publicUrl: address, ...options }),
    ).rejects.toMatchObject({
      code: 'invalid_config',
    })
  },
)
