import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { phone } from './people.ts'
import { personOf } from './scene.ts'
import { useStage } from './stage.ts'

const stage = useStage()

const open = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByRole('dialog').waitFor()
}
const send = (page: Page): Promise<void> =>
  page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()

test('of two who approve at the same moment one is counted, and the other is told whose it was', async () => {
  const { world } = stage
  const id = await world.ask('race-1', { amount: 5, customer: 'race' })
  const path = `/inbox/${id}`
  const people = [
    await stage.enter({ id: 'alice', path }),
    await stage.enter({ ...phone, id: 'bob', path }),
  ]
  const pages = people.map(({ page }) => page)

  await Promise.all(pages.map(open))
  await Promise.all(pages.map(send))

  const told = await Promise.all(
    pages.map((page) =>
      page
        .getByText(/(Approved|Not counted): /)
        .first()
        .textContent(),
    ),
  )
  expect(told.filter((text) => text?.includes('Approved: pay'))).toHaveLength(1)
  expect(told.filter((text) => /it was approved by (alice|bob)\.$/.test(text ?? ''))).toHaveLength(
    1,
  )
  await expect.poll(() => world.bank.paid).toEqual([{ amount: 5, to: 'race' }])
})

test('what is decided elsewhere changes under the eyes of whoever looks at it', async () => {
  const { world } = stage
  const id = await world.ask('race-2')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  await open(page)

  const dora = await personOf(world, 'dora')
  await dora.approvals.decide(await dora.approvals.get(id), { decision: 'reject', reason: 'No.' })

  const dialog = page.getByRole('dialog')
  await dialog.getByText('The request changed since you opened this.').waitFor()
  expect(await dialog.getByRole('button', { name: 'Approve' }).isDisabled()).toBe(true)
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('This no longer waits: it was rejected by dora.').waitFor()
  await page.getByRole('link', { name: 'pay on race-2' }).waitFor({ state: 'detached' })
})

test('of two approvals that are needed each person gives one', async () => {
  const { world } = stage
  await world.program.instances.start({ loopId: 'deploy', aggregateId: 'release-1' })
  const asked = await world.program.instances.transition('release-1', { transition: 'ship' })
  if (asked.status !== 'pending_approval') throw new Error('It does not wait.')
  const path = `/inbox/${asked.approvalId}`
  const alice = await stage.enter({ id: 'alice', path })
  const bob = await stage.enter({ id: 'bob', path })

  await open(alice.page)
  await send(alice.page)
  await alice.page.getByText('Recorded. 1 more approval is needed.').first().waitFor()
  await bob.page.getByText('1 of 2').waitFor()
  await open(alice.page)
  await send(alice.page)
  await alice.page.getByText('Not counted again: you have decided already').first().waitFor()
  await open(bob.page)
  await send(bob.page)

  await bob.page.getByText('Approved: ship, PLANNED → LIVE.').first().waitFor()
  expect((await world.program.instances.get('release-1')).currentState).toBe('LIVE')
})

test('a click that is repeated because the answer was lost counts once', async () => {
  const { world } = stage
  const id = await world.ask('race-4', { amount: 6, customer: 'lost' })
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  let lost = 0
  await page.route('**/decisions', async (route) => {
    const response = await route.fetch()
    lost += 1
    if (lost === 1) await route.abort('connectionreset')
    else await route.fulfill({ response })
  })

  await open(page)
  await send(page)

  await page.getByText('Approved: pay, REVIEWED → PAYING.').first().waitFor()
  expect(lost).toBe(2)
  await expect
    .poll(() => world.bank.paid.filter((paid) => JSON.stringify(paid).includes('lost')))
    .toHaveLength(1)
})

test('what was sent is answered before its dialog closes', async () => {
  const { world } = stage
  const id = await world.ask('race-slow')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  let answer = (): void => undefined
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route('**/decisions', async (route) => {
    await held
    await route.fulfill({ status: 400, json: { code: 'invalid_input', detail: 'Not like this.' } })
  })
  await open(page)
  await send(page)

  const dialog = page.getByRole('dialog')
  await expect.poll(() => dialog.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true)
  await page.keyboard.press('Escape')
  answer()

  await dialog.getByText('Not like this.').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })
})

test('what is sent without a network is answered, and is not sent behind the back of whoever gave it up', async () => {
  const { world } = stage
  const id = await world.ask('race-offline')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  await open(page)

  await page.context().setOffline(true)
  await send(page)
  const dialog = page.getByRole('dialog')
  await dialog.getByText('The server could not be reached').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await dialog.waitFor({ state: 'detached' })

  await page.context().setOffline(false)
  await world.ask('race-online')
  await page.getByRole('link', { name: 'pay on race-online' }).waitFor()
  const dora = await personOf(world, 'dora')
  expect((await dora.approvals.get(id)).status).toBe('pending')
  stage.forgive(/ERR_/)
})
