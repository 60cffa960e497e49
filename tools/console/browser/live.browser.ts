import { expect, test } from 'vitest'

import { personOf } from './scene.ts'
import { useStage } from './stage.ts'

const stage = useStage()

test('what is asked appears by itself, and goes when somebody else decides', async () => {
  const { world } = stage
  const { page } = await stage.enter()
  await page.getByText('Nothing waits for you').waitFor()

  const id = await world.ask('live-1')
  await page.getByRole('link', { name: 'pay on live-1' }).waitFor()
  const dora = await personOf(world, 'dora')
  await dora.approvals.decide(await dora.approvals.get(id), { decision: 'reject', reason: 'No.' })

  await page.getByRole('link', { name: 'pay on live-1' }).waitFor({ state: 'detached' })
  await expect.poll(() => page.getByText('Nothing waits for you').count()).toBe(1)
})

test('after the server was away the page goes on where it was, and nothing is missing', async () => {
  const { world } = stage
  const { page } = await stage.enter({ path: '/activity' })
  await world.ask('live-2')
  await page.getByRole('link', { name: 'live-2' }).first().waitFor()

  const away = page.getByText('Reconnecting').waitFor()
  await world.restart()
  await away
  await world.ask('live-3')
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })

  const asked = page.getByRole('listitem').filter({ hasText: 'asked people to approve pay' })
  await asked.filter({ hasText: 'live-3' }).waitFor()
  expect(await asked.filter({ hasText: 'live-3' }).count()).toBe(1)
  expect(await asked.filter({ hasText: 'live-2' }).count()).toBe(1)
  stage.forgive(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY/)
})

test('whose network is gone is told so before anything is missed', async () => {
  const { page } = await stage.enter()
  await page.getByText('Live', { exact: true }).waitFor()

  await page.context().setOffline(true)
  await page.getByText('Reconnecting').waitFor({ timeout: 5000 })
  await page.context().setOffline(false)

  const live = page.getByText('Live', { exact: true })
  await expect.poll(() => live.count(), { timeout: 5000 }).toBe(1)
  stage.forgive(/ERR_/)
})

test('an inbox that was cut off catches up', async () => {
  const { world } = stage
  const { page } = await stage.enter()
  await page.getByText('Live', { exact: true }).waitFor()

  await page.context().setOffline(true)
  await world.restart()
  await world.ask('live-4')
  await page.getByText('Reconnecting').waitFor()
  await page.context().setOffline(false)

  await page.getByRole('link', { name: 'pay on live-4' }).waitFor({ timeout: 30_000 })
  await expect.poll(() => page.getByText('Live', { exact: true }).count()).toBe(1)
  stage.forgive(/ERR_/)
})

test('however much happens while it is open, the activity leaves nothing out', async () => {
  const { world } = stage
  await world.ask('live-busy')
  const { page } = await stage.enter({ path: '/activity' })
  await page.getByText('Live', { exact: true }).waitFor()
  const events = page.getByRole('list', { name: 'Events' }).getByRole('listitem')
  await expect.poll(() => events.count()).toBeGreaterThan(0)

  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
    await Promise.all(Array.from({ length: 22 }, (_, index) => world.ask(`live-${name}-${index}`)))
  await events.filter({ hasText: 'live-h-21' }).first().waitFor()
  const more = page.getByRole('button', { name: 'Show more' })
  await expect
    .poll(
      async () => {
        if ((await more.count()) > 0) await more.click()
        return events.count()
      },
      { timeout: 60_000 },
    )
    .toBe((await Array.fromAsync(world.program.activity({ limit: 1000 }))).length)
})

test('a page whose browser was taken over by somebody else becomes theirs', async () => {
  const { world } = stage
  const id = await world.ask('live-5')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  await page.getByRole('button', { name: 'Reject', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()

  const other = await page.context().newPage()
  await other.goto(world.link('bob'))
  await other.getByRole('button', { name: 'Log in' }).click()

  await page.getByRole('button', { name: 'Account of bob' }).waitFor({ timeout: 30_000 })
  expect(await dialog.count()).toBe(0)
})

test('a session that is over ends on the page, too', async () => {
  const { page } = await stage.enter()
  await page.getByText('Live', { exact: true }).waitFor()

  await page.getByRole('button', { name: 'Account of alice' }).click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()

  await page.getByRole('heading', { name: 'You are not logged in' }).waitFor()
  await page.goBack()
  await page.reload()
  expect(await page.getByText('pay on').count()).toBe(0)
})
