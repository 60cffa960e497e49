import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { createTestWorkshop, requestPayment, type Ran } from './workshop.fixture.ts'

const { loop, prepare, remove } = createTestWorkshop()
const finance = ['--as', 'alice', '--role', 'finance']
beforeAll(() => prepare((system) => requestPayment(system, 'one', 'two', 'three', 'four')))
afterAll(remove)

const at = (...args: string[]): Promise<Ran> => loop('--db', 'loop.db', ...args)

test('list shows runs, filtered and page by page', async () => {
  const text = await at('list')
  const page = await at('list', '--state', 'REQUESTED', '--limit', '1', '--json')
  const none = await at('list', '--status', 'completed')
  const nowhere = await at('list', '--loop', '')

  expect(text.out).toMatch(/ID +LOOP +STATE +STATUS +UPDATED\none +refund +REQUESTED +active/)
  expect(JSON.parse(page.out)).toMatchObject({
    items: [{ aggregateId: 'one', status: 'active' }],
    cursor: expect.any(String),
  })
  expect(none.out).toBe('No runs.\n')
  expect(nowhere).toMatchObject({ code: 2, out: '' })
})

test('show prints the state of a run, what it waits for and what may happen next', async () => {
  const text = await at('show', 'one')
  const json = await at('show', 'one', '--json')

  expect(text.out).toContain('one is REQUESTED (active)')
  expect(text.out).toMatch(/waits for +pay, asked by agent:refunds/)
  expect(text.out).toContain('pay → PAYING (not you: actor_type_not_allowed)')
  const { run, approvals } = JSON.parse(json.out)
  expect(run.aggregateId).toBe('one')
  expect(approvals).toHaveLength(1)
  expect(await at('show', run.runId)).toMatchObject({ code: 0 })
})

test('show lists all that waits, however much that is, and approve asks which of them is meant', async () => {
  const crowded = createTestWorkshop()
  onTestFinished(crowded.remove)
  await crowded.prepare(async (system) => {
    await requestPayment(system, 'busy')
    const actor = { type: 'ai-agent', id: 'agent:refunds' } as const
    for (let index = 0; index < 100; index++)
      await system.engine.transition({ aggregateId: 'busy', signal: 'pay', actor })
  })
  const ask = (...args: string[]): Promise<Ran> => crowded.loop('--db', crowded.db, ...args)

  const { out } = await ask('show', 'busy', '--json')
  const { code, err } = await ask('approve', 'busy', ...finance)

  const { run, approvals } = JSON.parse(out)
  expect(approvals).toHaveLength(101)
  expect(code).toBe(3)
  expect(err).toContain(`hint Name one of them; \`loop show ${run.runId}\` lists them.`)
})

test('a request is found by the id of its run', async () => {
  const { run } = JSON.parse((await at('show', 'one', '--json')).out)

  const refused = await at('approve', run.runId, '--as', 'bob')

  expect(refused).toMatchObject({ code: 3 })
  expect(refused.out).toContain('not_entitled')
})

test('a pending request is found behind any number of newer ones that were withdrawn', async () => {
  const crowded = createTestWorkshop()
  onTestFinished(crowded.remove)
  const actor = { type: 'ai-agent', id: 'agent:refunds' } as const
  await crowded.prepare(async (system) => {
    await requestPayment(system, 'busy')
    for (let index = 0; index < 101; index++) {
      const evidence = { amount: index }
      const asked = await system.engine.transition({
        aggregateId: 'busy',
        signal: 'pay',
        actor,
        evidence,
      })
      if (asked.status !== 'pending_approval') throw new Error(asked.status)
      await system.approvals.withdraw({ requestId: asked.approvalId, actor })
    }
  })

  const { code, out } = await crowded.loop(
    '--db',
    crowded.db,
    'approve',
    'busy',
    ...finance,
    '--json',
  )

  expect({ code, amount: JSON.parse(out).request.evidence.amount }).toEqual({
    code: 0,
    amount: 250,
  })
})

test('an unknown id has the exit code for not found', async () => {
  const cases = [
    ['show', 'x'],
    ['timeline', 'x'],
    ['approve', 'x'],
    ['reject', 'x', '--reason', 'y'],
  ]

  const codes = await Promise.all(cases.map(async (args) => (await at(...args)).code))

  expect(codes).toEqual(cases.map(() => 4))
})

test('one tenant does not see the runs of another', async () => {
  expect((await at('list', '--tenant', 'acme')).out).toBe('No runs.\n')
  expect(await at('show', 'one', '--tenant', 'acme')).toMatchObject({ code: 4 })
})

test('--from and --limit print a part of a timeline', async () => {
  const all = JSON.parse((await at('timeline', 'one', '--json')).out) as { seq: number }[]
  const part = await at('timeline', 'one', '--from', '2', '--limit', '1', '--json')

  expect(all.length).toBeGreaterThan(1)
  expect(JSON.parse(part.out)).toEqual([all[1]])
  expect((await at('timeline', 'one', '--limit', '1')).err).toBe('There is more: --from 2\n')
  expect((await at('timeline', 'one', '--limit', '9')).err).toBe('')
  expect(await at('timeline', 'one', '--from', '900')).toMatchObject({
    code: 0,
    out: 'The run has no entry from 900 on.\n',
  })
})

test('timeline prints the story of a run', async () => {
  const { code, out } = await at('timeline', 'one')
  const json = await at('timeline', 'one', '--json')

  expect(code).toBe(0)
  expect(out).toContain('agent:refunds')
  expect(JSON.parse(json.out)).toBeTruthy()
})

describe('deciding', () => {
  test('the inbox lists the requests that this person may decide', async () => {
    const mine = await at('inbox', ...finance, '--json')
    const stranger = await at('inbox', '--as', 'bob')

    expect(
      JSON.parse(mine.out).items.map(({ aggregateId }: { aggregateId: string }) => aggregateId),
    ).toContain('one')
    const shown = await at('inbox', ...finance, '--role', 'on call')
    expect(shown.out).toMatch(
      /loop approve \S+ --db \S+ --as alice --role finance --role 'on call'\n/,
    )
    expect(stranger.out).toBe('Nothing waits for you.\n')
    expect(stranger.err).toMatch(/more waits? for others/)
  })

  test('a person who is not entitled is refused, with a hint who is', async () => {
    const { code, out } = await at('approve', 'one', '--as', 'bob')

    expect(code).toBe(3)
    expect(out).toContain('not_entitled')
    expect(out).toContain(
      'hint It waits for role:finance, group:treasury; --as, --role and --group',
    )
    const json = await at('approve', 'one', '--as', 'bob', '--json')
    expect(JSON.parse(json.out)).toMatchObject({ hint: expect.stringContaining('role:finance') })
  })

  test('an approval takes effect once; a delivery that fails for good is listed and can be queued again', async () => {
    const approved = await at('approve', 'two', ...finance, '--json')
    const again = await at('approve', 'two', ...finance)

    expect(approved.code).toBe(0)
    expect(JSON.parse(approved.out)).toMatchObject({ status: 'executed' })
    expect(again.code).toBe(3)
    expect(again.out).toMatch(/already_decided[^]*hint `loop timeline two`/)

    await prepare(async ({ relay }) => void (await relay.drain()))
    const [{ id }] = JSON.parse((await at('dead-letters', '--json')).out).items
    expect((await at('dead-letters')).out).toMatch(/effect +bank/)
    expect(await at('dead-letters', '--retry', id)).toMatchObject({ code: 0 })
    expect(await at('dead-letters', '--retry', id)).toMatchObject({ code: 4 })
    expect((await at('dead-letters')).out).toBe('No dead letters.\n')
  })

  test('the command in a hint can be run, whatever the business key of the run is', async () => {
    await prepare((system) => requestPayment(system, '-y it; echo'))
    const reject = ['reject', ...finance, '--reason', 'no', '--', '-y it; echo']
    await at(...reject)
    const { out } = await at(...reject)
    const [, hinted = ''] = /`loop (.*)`/.exec(out) ?? []

    expect(await at(...hinted.split(' '))).toMatchObject({
      code: 0,
      out: expect.stringContaining('reject'),
    })
  })

  test('the reason of a rejection is recorded', async () => {
    const { code, out } = await at('reject', 'three', ...finance, '--reason', 'too much', '--json')

    expect(code).toBe(0)
    expect(JSON.parse(out).request.decisions).toMatchObject([
      { decision: 'reject', reason: 'too much' },
    ])
  })
})

describe('the kill switch', () => {
  test.each([
    [['--everything'], '*'],
    [['--loop', 'refund'], 'loop:default:refund'],
    [['--instance', 'four'], 'instance:default:four'],
    [['--actor', 'agent:refunds'], 'actor:default:agent:refunds'],
    [['--tenant', 'default'], 'tenant:default'],
  ])('a stop of %j holds up all that it covers until it is released', async (target, scope) => {
    const stopped = await at('stop', ...target, '--reason', 'drill', '--json')
    const held = await at('approve', 'four', ...finance)
    const listed = await at('stops')
    const released = await at('release', ...target, '--reason', 'over', '--json')

    expect(JSON.parse(stopped.out)).toMatchObject({ scope, reason: 'drill' })
    expect(stopped.out.includes('warning')).toBe(target[0] === '--actor')
    expect(held).toMatchObject({ code: 3, out: expect.stringMatching(/stopped[^]*`loop stops`/) })
    expect(listed.out).toContain(scope)
    expect(JSON.parse(released.out).stops).toEqual([])
  })

  test.each([
    [['--loop', 'refnud'], 'No run belongs to the loop refnud. There are runs of refund.'],
    [['--instance', 'fuor'], 'No run has the business key fuor.'],
    [['--tenant', 'amce'], 'No run belongs to the tenant amce.'],
    [
      ['--loop', 'refund', '--tenant', 'amce'],
      'No run belongs to the loop refund. There are no runs.',
    ],
  ])('%j covers no run and is stopped all the same, with a warning', async (target, warning) => {
    const text = await at('stop', ...target, '--reason', 'drill')
    const json = await at('stop', ...target, '--reason', 'drill', '--json')
    const released = await at('release', ...target, '--reason', 'over')

    expect(text).toMatchObject({ code: 0, out: expect.stringMatching(/^Stopped /) })
    expect(text.err).toContain(warning)
    expect(JSON.parse(json.out)).toMatchObject({ warning: expect.stringContaining(warning) })
    expect(json.err).toBe('')
    expect(released).toMatchObject({ code: 0 })
  })

  test('whoever stops a person is told that other accounts are not stopped', async () => {
    const text = await at('stop', '--actor', 'alice', '--reason', 'drill')
    const json = await at('stop', '--actor', 'alice', '--reason', 'drill', '--json')
    await at('release', '--actor', 'alice', '--reason', 'over')

    expect(text.err).toMatch(/^warning Other accounts of the same person are not stopped/)
    expect(JSON.parse(json.out).warning).toMatch(
      /^Other accounts of the same person are not stopped/,
    )
    expect((await at('stop', '--help')).out).toContain('--actor stops this account only')
  })

  test('release fails for a stop that is not in force', async () => {
    await at('stop', '--loop', 'refund', '--reason', 'drill')
    const typo = await at('release', '--loop', 'refnud', '--reason', 'over')
    await at('release', '--loop', 'refund', '--reason', 'over')
    const again = await at('release', '--loop', 'refund', '--reason', 'over')

    expect(typo).toMatchObject({
      code: 4,
      err: expect.stringContaining('In force: loop:default:refund.'),
    })
    expect(again).toMatchObject({
      code: 4,
      err: expect.stringContaining('No stop is in force at all.'),
    })
  })

  test('a reason cannot control the terminal', async () => {
    await at('stop', '--loop', 'refund', '--reason', 'drill\u001B[2J\u202E')
    const listed = await at('stops')
    await at('release', '--loop', 'refund', '--reason', 'over')

    expect(listed.out).toMatch(/: drill<U\+001B>\[2J<U\+202E>\n$/)
  })

  test('two targets are refused', async () => {
    expect(await at('stop', '--everything', '--loop', 'refund', '--reason', 'x')).toMatchObject({
      code: 2,
    })
  })
})

test('for a run that has ended, show does not print what may happen to a newer run of the same key', async () => {
  await prepare(async ({ engine }) => {
    const actor = { type: 'human', id: 'olga' } as const
    await engine.start({ loopId: 'refund', aggregateId: 'twice', actor })
    await engine.cancel({ aggregateId: 'twice', actor, reason: 'by mistake' })
    await engine.start({ loopId: 'refund', aggregateId: 'twice', actor })
  })
  const { items } = JSON.parse((await at('list', '--status', 'cancelled', '--json')).out)

  const ended = await at('show', items[0].runId)

  expect(ended.out).toContain('twice is REQUESTED (cancelled)')
  expect(ended.out).not.toContain('next')
  expect((await at('show', 'twice')).out).toContain('next')
})
