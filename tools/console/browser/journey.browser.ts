import { describe, expect, test } from 'vitest'

import { desktop, phone } from './people.ts'
import { useStage } from './stage.ts'

const stage = useStage()

describe.each([
  { name: 'phone', device: phone },
  { name: 'desktop', device: desktop },
])('on a $name', ({ name, device }) => {
  test('a person sees what runs, why and what happens otherwise; approves, and exactly that runs', async () => {
    const { world } = stage
    const order = `${name}-approve`
    await world.ask(order, { amount: 77, customer: name, why: 'Broken.' })
    const { page } = await stage.enter(device)

    await page.getByRole('link', { name: `pay on ${order}` }).click()
    const request = page.getByLabel('The request')
    for (const text of [
      'Sends money back to the customer.',
      'bank.pay',
      'Written by a model',
      'Because you have the role finance.',
      'The request expires and the system takes "give-up-late".',
    ])
      await request.getByText(text).first().waitFor()
    expect(world.bank.paid).not.toContainEqual({ amount: 77, to: name })
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('bank.pay').waitFor()
    await dialog.getByLabel('Reason').fill('The photo shows it.')
    await dialog.getByRole('button', { name: 'Approve' }).click()

    await page.getByText('Approved: pay, REVIEWED → PAYING.').first().waitFor()
    await page.getByText('This no longer waits: it was approved by alice.').waitFor()
    await expect.poll(() => world.bank.paid).toContainEqual({ amount: 77, to: name })
  })

  test('a rejection needs a reason, and nothing runs', async () => {
    const { world } = stage
    const order = `${name}-reject`
    const id = await world.ask(order, { amount: 78, customer: name })
    const { page } = await stage.enter({ ...device, path: `/inbox/${id}` })

    await page.getByRole('button', { name: 'Reject', exact: true }).click()
    const dialog = page.getByRole('dialog')
    const send = dialog.getByRole('button', { name: 'Reject' })
    expect(await send.isDisabled()).toBe(true)
    await dialog.getByLabel('Reason').fill('Not broken.')
    await send.click()

    await page.getByText('Rejected: pay does not run.').first().waitFor()
    const request = await world.program.approvals.get(id)
    expect(request).toMatchObject({ status: 'rejected', decisions: [{ reason: 'Not broken.' }] })
    expect(world.bank.paid).not.toContainEqual({ amount: 78, to: name })
  })

  test('an edit shows what it changes, and what was edited runs', async () => {
    const { world } = stage
    const id = await world.ask(`${name}-edit`, { amount: 90, customer: name, lines: [1, 2] })
    const { page } = await stage.enter({ ...device, path: `/inbox/${id}` })

    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    const dialog = page.getByRole('dialog')
    const send = dialog.getByRole('button', { name: 'Approve as edited' })
    expect(await send.isDisabled()).toBe(true)
    await dialog.getByLabel('amount').fill('ninety')
    await dialog.getByText('The text is not JSON.').waitFor()
    await dialog.getByLabel('amount').fill('"61"')
    await dialog.getByText('This must stay a number.').waitFor()
    await dialog.getByLabel('amount').fill('61')
    await dialog.getByText('amount changed').waitFor()
    await send.click()

    await page.getByText('Approved: pay, REVIEWED → PAYING.').first().waitFor()
    await expect.poll(() => world.bank.paid).toContainEqual({ amount: 61, to: name })
    await page.getByText('Edited since it was asked').waitFor()
  })

  test('an edit that a guard forbids is answered, and the request still waits', async () => {
    const { world } = stage
    const id = await world.ask(`${name}-forbidden`, { amount: 90, customer: 'c-9' })
    const { page } = await stage.enter({ ...device, path: `/inbox/${id}` })

    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('dialog').getByLabel('amount').fill('99999')
    await page.getByRole('button', { name: 'Approve as edited' }).click()

    await page.getByRole('dialog').getByText('does not pass the guards').waitFor()
    expect((await world.program.approvals.get(id)).status).toBe('pending')
  })

  test('a question is recorded and the request goes on waiting; a colleague is let in', async () => {
    const { world } = stage
    const id = await world.ask(`${name}-ask`)
    const { page } = await stage.enter({ ...device, path: `/inbox/${id}` })

    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Question').fill('Where is the photo?')
    await page.getByRole('dialog').getByRole('button', { name: 'Ask' }).click()
    await page.getByText('Recorded. The request still waits.').first().waitFor()
    await page.getByText(/alice asked, .+: Where is the photo\?/).waitFor()
    await page.getByRole('button', { name: 'Delegate', exact: true }).click()
    await page.getByRole('dialog').getByLabel('To whom').fill('bob')
    await page.getByRole('dialog').getByRole('button', { name: 'Delegate' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })

    const bob = await stage.enter({ ...device, id: 'bob', roles: [], path: `/inbox/${id}` })
    await bob.page.getByText('Because you are named.').waitFor()
    await bob.page.getByRole('button', { name: 'Approve', exact: true }).waitFor()
    expect(await world.program.approvals.get(id)).toMatchObject({
      status: 'pending',
      decisions: [{ decision: 'respond' }],
      delegations: [{ from: 'alice', to: 'bob' }],
    })
  })

  test('several are decided at once, each with its own answer', async () => {
    const { world } = stage
    const ids = [await world.ask(`${name}-b1`), await world.ask(`${name}-b2`)]
    const { page } = await stage.enter(device)

    for (const order of [`${name}-b1`, `${name}-b2`])
      await page.getByRole('checkbox', { name: `pay on ${order}` }).check()
    await page.getByRole('button', { name: 'Approve 2' }).click()
    const dialog = page.getByRole('dialog')
    await expect.poll(() => dialog.getByText('bank.pay').count()).toBe(2)
    await dialog.getByRole('button', { name: 'Approve 2' }).click()

    await expect.poll(() => dialog.getByText('Approved: pay, REVIEWED → PAYING.').count()).toBe(2)
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click()
    await page.getByRole('link', { name: `pay on ${name}-b1` }).waitFor({ state: 'detached' })
    for (const id of ids) expect((await world.program.approvals.get(id)).status).toBe('approved')
  })
})

test('who may not decide is told so, and sees why', async () => {
  const { world } = stage
  const id = await world.ask('outsider-1')
  const { page } = await stage.enter({ id: 'eve', roles: ['sales'], path: `/inbox/${id}` })

  await page.getByText('Not by the policy as it is.').waitFor()
  await page.getByText('As far as this page knows the policy does not name you').waitFor()
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()

  await page.getByText('Not counted: the policy does not name you.').first().waitFor()
  expect((await world.program.approvals.get(id)).status).toBe('pending')
})

test('for whom the agent acts cannot approve what it asks', async () => {
  const { world } = stage
  const id = await world.ask('owner-1')
  const { page } = await stage.enter({ id: 'zoe', path: `/inbox/${id}` })

  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()

  await page.getByText('Not counted: who asks cannot approve it').first().waitFor()
  expect((await world.program.approvals.get(id)).status).toBe('pending')
})

test('who is not logged in is told how to', async () => {
  const context = await stage.browser.newContext()
  const page = await context.newPage()
  await page.goto(`${stage.world.url}/inbox`)

  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor()
  expect(await page.getByRole('navigation').count()).toBe(0)
  await context.close()
})
