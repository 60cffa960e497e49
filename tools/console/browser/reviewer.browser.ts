import { expect, test } from 'vitest'

import { desktop, phone } from './people.ts'
import { useStage } from './stage.ts'
import { attribution } from './world.ts'

const stage = useStage()
const warning = 'The customer bought for the first time.'

test('a warning stands wherever it is approved, also among others', async () => {
  const { world } = stage
  const id = await world.ask('warned-1', { amount: 640, customer: 'new' })
  await world.ask('calm-1')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  const dialog = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await dialog.getByText(warning).waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  for (const order of ['warned-1', 'calm-1'])
    await page.getByRole('checkbox', { name: `pay on ${order}` }).check()
  await page.getByRole('button', { name: 'Approve 2' }).click()

  await dialog.getByRole('listitem').filter({ hasText: 'warned-1' }).getByText(warning).waitFor()
  expect(await dialog.getByText(warning).count()).toBe(1)
})

test('what it costs to be wrong, and until when there is time, stand where it is approved, whole on a phone', async () => {
  const id = await stage.world.ask('costly-1')
  const { page } = await stage.enter({ ...phone, path: `/inbox/${id}` })
  const dialog = page.getByRole('dialog')

  await page.getByText(/on [A-Z][a-z]+ \d+, \d{4}, [\d:]+ [AP]M [A-Z]{3}/).waitFor()
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await dialog.getByText('high risk').waitFor()
  await dialog.getByText('It cannot be taken back.').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Delegate' }).click()

  const title = dialog.locator('.pf-v6-c-modal-box__title-text')
  await title.waitFor()
  expect(await title.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0)
})

test('what follows is said before: whether the approval is the last one, and what a rejection sets going', async () => {
  const { world } = stage
  const one = await world.ask('follows-1')
  await world.program.instances.start({ loopId: 'deploy', aggregateId: 'follows-2' })
  const two = await world.program.instances.transition('follows-2', { transition: 'ship' })
  if (two.status !== 'pending_approval') throw new Error('It does not wait.')
  const { page } = await stage.enter({ path: `/inbox/${one}` })
  const dialog = page.getByRole('dialog')

  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await dialog.getByText('Your approval is the last one that is needed').waitFor()
  await page.goto(`${world.url}/inbox/${two.approvalId}`)
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await dialog.getByText('Yours is approval 1 of 2').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Reject', exact: true }).click()

  await dialog.getByText('the system takes "scrap"').waitFor()
  expect((await world.program.approvals.get(two.approvalId)).status).toBe('pending')
})

test('what is over is not told as if it waited', async () => {
  const { world } = stage
  const id = await world.ask('over-1')
  await world.agent.approvals.withdraw(id)
  const { page } = await stage.enter({ path: `/inbox/${id}` })

  await page.getByText('This no longer waits: it was taken back.').waitFor()
  const request = page.getByLabel('The request')
  await request.getByText('bank.pay').waitFor()
  for (const text of [
    'What exactly will run',
    'Why it waits',
    'You may decide',
    'If you do nothing',
  ])
    expect(await request.getByText(text).count()).toBe(0)
})

test('what was edited is shown however long the record of the run is, and a path of a part of it is called one', async () => {
  const { world } = stage
  const { program, agent } = world
  const aggregateId = 'long-1'
  await program.instances.start({ loopId: 'refund', aggregateId })
  for (let index = 0; index < 520; index++)
    await program.instances.transition(aggregateId, { transition: 'note' })
  await agent.instances.transition(aggregateId, { transition: 'review', attribution })
  const evidence = { amount: 180, customer: 'c-17' }
  const asked = await agent.instances.transition(aggregateId, {
    transition: 'pay',
    evidence,
    attribution,
  })
  if (asked.status !== 'pending_approval') throw new Error('It does not wait.')
  const { page } = await stage.enter({ path: `/inbox/${asked.approvalId}` })
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await page.getByRole('dialog').getByLabel('amount').fill('150')
  await page.getByRole('button', { name: 'Approve as edited' }).click()

  await page.getByText('Edited since it was asked').waitFor()
  expect(await page.locator('.changes').innerText()).toMatch(/before: 180\s+after: 150/)
  await page.goto(`${world.url}/instances/${aggregateId}`)
  const partly = page.getByText('Only the first 500 entries are counted here')
  // Five hundred entries are drawn, on whatever machine.
  await partly.waitFor({ timeout: 45_000 })
  await page.getByRole('button', { name: 'Show more' }).click()
  await partly.waitFor({ state: 'detached', timeout: 45_000 })
  expect(await partly.count()).toBe(0)
})

test('whose login may not decide is not offered to', async () => {
  const { world } = stage
  const id = await world.ask('reader-1')
  const { page } = await stage.enter({ id: 'rita', scopes: ['read'], path: `/inbox/${id}` })

  await page.getByText('Your login may not decide.').waitFor()
  expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0)
  await page.keyboard.press('a')
  expect(await page.getByRole('dialog').count()).toBe(0)
})

test('whose session is over is told so, and that the decision was refused', async () => {
  const { world } = stage
  const id = await world.ask('ended-1')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  await page.getByRole('button', { name: 'Approve', exact: true }).click()

  await page.context().clearCookies()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()

  await page.getByText('Your decision was refused').waitFor()
  await page.getByText('You are no longer logged in.').waitFor()
  expect((await world.program.approvals.get(id)).status).toBe('pending')
})

test.each([phone, desktop])(
  'the way to decide stays in reach however long the evidence is',
  async (device) => {
    const lines = Array.from({ length: 30 }, (_, index) => ({ index, sku: 'LAMP' }))
    const id = await stage.world.ask(`reach-${device.viewport?.width}`, {
      amount: 5,
      customer: 'c-1',
      lines,
    })
    const { page } = await stage.enter({ ...device, path: `/inbox/${id}` })

    await page.getByText('If you do nothing').scrollIntoViewIfNeeded()

    const approve = await page.getByRole('button', { name: 'Approve', exact: true }).boundingBox()
    expect(approve?.y).toBeGreaterThan(0)
  },
)
