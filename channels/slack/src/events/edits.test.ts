import { afterEach, expect, test } from 'vitest'

import { textsOf } from '../fake-slack.fixture.ts'
import { openDesk, type Desk } from '../slack-desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

const evidence = {
  amount: 120,
  note: 'order 4711 & more',
  urgent: false,
  currency: 'EUR',
  lines: [{ sku: 'a', count: 2 }],
  hidden: 'in\u202evisible',
  huge: 'x'.repeat(5000),
}
const schemaOf = () => ({
  properties: { currency: { title: 'Currency', enum: ['EUR', 'USD'] } },
})
/** The values that an untouched form sends. */
const untouched = {
  'field:0': '120',
  'field:1': 'order 4711 & more',
  'field:2': { option: '1' },
  'field:3': { option: '0' },
  'field:4': JSON.stringify(evidence.lines, null, 2),
  reason: null,
} as const

async function openForm(options: object = {}) {
  desk = await openDesk({ schemaOf, ...options })
  const { id } = await desk.ask(evidence)
  await desk.press('edit', { requestId: id })
  const opened = desk.vendor.slack.views.at(-1)
  return { id, form: { id: opened?.id ?? '', user: 'UALICE' }, view: opened?.versions.at(-1) }
}

test('the form has one input for each member, of its type', async () => {
  const { view } = await openForm()

  const inputs = view?.blocks.filter(({ type }) => type === 'input') ?? []
  expect(inputs).toMatchObject([
    { block_id: 'field:0', element: { type: 'number_input', initial_value: '120' } },
    {
      block_id: 'field:1',
      element: { type: 'plain_text_input', initial_value: 'order 4711 & more' },
    },
    {
      block_id: 'field:2',
      element: {
        type: 'static_select',
        options: [{ value: '0' }, { value: '1' }],
        initial_option: { value: '1' },
      },
    },
    { label: { text: 'Currency (text)' }, element: { initial_option: { text: { text: 'EUR' } } } },
    { block_id: 'field:4', element: { multiline: true, initial_value: untouched['field:4'] } },
    { block_id: 'reason' },
  ])
  expect(textsOf(view).join()).toContain('cannot show it exactly: hidden, huge')
  expect(textsOf(inputs[0]).join()).toContain('Written by a model')
})

test('spaces are no reason', async () => {
  const { form } = await openForm()
  const values = { ...untouched, 'field:0': '90', reason: '  ' }

  await desk.handle(desk.vendor.sign(desk.vendor.submit(form, values)))

  expect(desk.decisions).toHaveLength(1)
  expect(desk.decisions[0]).not.toHaveProperty('reason')
})

test('an edited value is what runs, and untouched values stay byte for byte', async () => {
  const { id, form } = await openForm()
  const values = {
    ...untouched,
    'field:0': '90',
    'field:1': 'order 4711 &amp; more',
    'field:3': { option: '1' },
    'field:4': '[]',
    reason: 'too much',
  }

  const answer = await desk.handle(desk.vendor.sign(desk.vendor.submit(form, values)))

  expect(await answer.json()).toEqual({ response_action: 'clear' })
  expect(desk.paid).toEqual([{ ...evidence, amount: 90, currency: 'USD', lines: [] }])
  expect(desk.decisions).toMatchObject([{ decision: 'edit', revision: 1, reason: 'too much' }])
  expect(await desk.request(id)).toMatchObject({ revision: 2, status: 'approved' })
})

test('faulty values are corrected in the form, which then counts', async () => {
  const { form } = await openForm()
  const wrong = { ...untouched, 'field:0': 'ten', 'field:2': null, 'field:4': '[1,' }
  const send = (values: Parameters<typeof desk.vendor.submit>[1]) =>
    desk.handle(desk.vendor.sign(desk.vendor.submit(form, values)))

  const first = await send(wrong)
  const second = await send(untouched)
  const third = await send({ ...untouched, 'field:0': '"10"' })
  await send({ ...untouched, 'field:0': '10' })

  expect(await first.json()).toEqual({
    response_action: 'errors',
    errors: {
      'field:0': 'This must be a number.',
      'field:2': 'Pick one of the options.',
      'field:4': 'This is no valid JSON.',
    },
  })
  expect(await second.json()).toMatchObject({
    errors: { 'field:0': expect.stringContaining('You have changed nothing') },
  })
  expect(await third.json()).toMatchObject({ errors: { 'field:0': 'This must be a number.' } })
  expect(desk.paid).toMatchObject([{ amount: 10 }])
})

test('a form for a request that was decided meanwhile decides nothing', async () => {
  const { id, form } = await openForm()
  await desk.press('approve', { requestId: id })

  const answer = await desk.handle(
    desk.vendor.sign(desk.vendor.submit(form, { ...untouched, 'field:0': '1' })),
  )

  expect(JSON.stringify(await answer.json())).toContain('decided already')
  expect(desk.paid).toEqual([evidence])
})

test('a form of an earlier revision decides nothing', async () => {
  desk = await openDesk({ schemaOf })
  const { id } = await desk.ask(evidence, { large: true })
  for (const person of ['alice', 'bob']) await desk.press('edit', { requestId: id, person })
  const [ofAlice, ofBob] = desk.vendor.slack.views
  const send = (form: { id: string } | undefined, user: string, amount: string) =>
    desk.handle(
      desk.vendor.sign(
        desk.vendor.submit({ id: form?.id ?? '', user }, { ...untouched, 'field:0': amount }),
      ),
    )
  await send(ofAlice, 'UALICE', '90')

  const answer = await send(ofBob, 'UBOB', '500')

  expect(JSON.stringify(await answer.json())).toContain('edited after your card was made')
  expect(await desk.request(id)).toMatchObject({ revision: 2, evidence: { amount: 90 } })
})

test('a notice replaces the form if the request is decided or the person is unknown', async () => {
  desk = await openDesk()
  const { id } = await desk.ask(evidence)
  await desk.press('edit', { requestId: id, person: 'mallory' })
  await desk.press('approve', { requestId: id })
  await desk.press('edit', { requestId: id })

  const [first, second] = desk.vendor.answers().filter((text) => !text.includes('recorded'))
  expect(first).toContain('You are not on the list')
  expect(second).toContain('it is approved')
})

test('without getApproval there is no edit button', async () => {
  desk = await openDesk({ getApproval: undefined })
  await desk.ask(evidence)

  const [sent] = desk.vendor.slack.messages
  const ids = sent?.versions[0]?.blocks
    .flatMap(({ elements = [] }) => elements)
    .map(({ action_id }) => action_id)
  expect(ids).toContain('loop:approve')
  expect(ids).not.toContain('loop:edit')
})
