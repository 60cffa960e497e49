import { beforeAll, expect, test } from 'vitest'

import { personOf, setScene, type Scene } from './scene.ts'
import { useStage } from './stage.ts'
import { attribution } from './world.ts'

const stage = useStage()
let scene: Scene
beforeAll(async () => {
  scene = await setScene(stage.world)
})

test('an instance shows its path, who did what on which grounds, and what was edited', async () => {
  const { page } = await stage.enter({ path: `/instances/${scene.storied}` })

  await page.getByText('Record verified: 9 entries').waitFor()
  const graph = page.getByRole('img', { name: /^Refunds: 6 states, 8 transitions/ })
  expect(await graph.getAttribute('aria-label')).toContain(
    'The run was in Requested, Reviewed, Paying, Paid; it is in Paid.',
  )
  expect(await graph.locator('.taken text').allTextContents()).toEqual(['review', 'pay', 'paid'])
  const timeline = page.locator('.timeline > li')
  await timeline.filter({ hasText: 'was blocked from pay by the guard under-limit' }).waitFor()
  const approval = timeline.filter({ hasText: 'dora edited and approved pay: Postage' })
  await approval.getByRole('button', { name: 'Attribution' }).click()
  await approval.getByText('login-link').waitFor()
  const executed = timeline.filter({ hasText: 'took pay: REVIEWED → PAYING' })
  expect(await executed.locator('.changes').innerText()).toMatch(
    /amount changed\s+before: 180\s+after: 150/,
  )
  await executed.getByRole('button', { name: 'Attribution' }).click()
  await executed.getByText(attribution.promptHash).waitFor()
  await executed.getByRole('button', { name: /Evidence/ }).click()
  await executed.getByText('Written by a model').waitFor()
})

test('a loop shows what its record adds up to', async () => {
  const { page } = await stage.enter({ path: '/loops' })
  await page.getByRole('link', { name: 'Refunds' }).click()

  await page.getByRole('heading', { name: 'Who acts' }).waitFor()
  const funnel = page.locator('.funnel > li')
  await funnel.filter({ hasText: 'Reviewed' }).getByText('7 of 7').waitFor()
  await funnel.filter({ hasText: 'Reviewed' }).getByText('5 there now').waitFor()
  await funnel.filter({ hasText: 'Paid' }).getByText('2 of 7').waitFor()
  const rate = (term: string): Promise<string | null> =>
    page.locator('div:has(> dt)', { hasText: term }).last().locator('dd').textContent()
  expect(await rate('Approved, of what was decided')).toBe('66.7%')
  expect(await rate('Asked for by AI agents')).toBe('81.8%')
  expect(await rate('Blocked by a guard')).toBe('under-limit: 1')
})

test('activity is filtered by what, where and who, and goes on live unless it is paused', async () => {
  const { page } = await stage.enter({ path: '/activity' })
  const rows = page.getByRole('list', { name: 'Events' }).getByRole('listitem')
  await page.getByLabel('What', { exact: true }).selectOption('Approvals')
  await page.getByLabel('Actor').fill('dora')
  await page.getByLabel('Instance').fill(scene.storied)
  await page.getByRole('button', { name: 'Filter' }).click()

  await rows.filter({ hasText: 'dora edited and approved pay' }).waitFor()
  await expect.poll(() => rows.count()).toBe(1)
  await page.getByLabel('Actor').fill('')
  await page.getByLabel('Instance').fill('')
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await stage.world.ask('paused-1')
  await page.getByRole('button', { name: 'Go on (1 new)' }).waitFor()
  expect(await rows.filter({ hasText: 'paused-1' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Go on (1 new)' }).click()

  await rows.filter({ hasText: 'paused-1' }).waitFor()
})

test('a delivery that was given up is tried again', async () => {
  const { world } = stage
  const { page } = await stage.enter({ path: '/controls' })
  await page.getByText('Nothing was given up.').waitFor()
  world.bank.breaks = true
  const id = await world.ask('dead-1', { amount: 11, customer: 'dead' })
  const dora = await personOf(world, 'dora')
  await dora.approvals.decide(await dora.approvals.get(id), { decision: 'approve' })

  const again = page.getByRole('button', { name: 'Try bank for dead-1 again' })
  await again.waitFor({ timeout: 30_000 })
  world.bank.breaks = false
  await again.click()

  await page.getByText('It is tried again').first().waitFor()
  await expect.poll(() => world.bank.paid).toContainEqual({ amount: 11, to: 'dead' })
  await again.waitFor({ state: 'detached' })
})

test('a key is made, told once, renewed and revoked', async () => {
  const { world } = stage
  const { page } = await stage.enter({ path: '/controls' })

  await page.getByRole('button', { name: 'Make a key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('nightly report')
  await dialog.getByLabel('Its id on record').fill('program:report')
  await dialog.getByLabel('run', { exact: true }).uncheck()
  await dialog.getByRole('button', { name: 'Make it' }).click()
  const secret = await page.getByLabel('The secret').inputValue()
  const asks = (): Promise<number> =>
    fetch(`${world.url}/api/v1/metrics`, { headers: { authorization: `Bearer ${secret}` } }).then(
      ({ status }) => status,
    )
  expect(await asks()).toBe(200)
  await page.getByRole('button', { name: 'Rotate nightly report' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click()
  await expect.poll(() => page.getByLabel('The secret').inputValue()).not.toBe(secret)
  await page.getByRole('button', { name: 'Revoke nightly report' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()

  await page.getByText('Revoked', { exact: true }).waitFor()
  expect(await asks()).toBe(401)
  await page.reload()
  await page.getByText('nightly report').waitFor()
  expect(await page.getByLabel('The secret').count()).toBe(0)
})

test('the menu leads to every page', async () => {
  const { page } = await stage.enter()
  const menu = page.getByRole('navigation', { name: 'Pages' })

  for (const name of ['Activity', 'Loops', 'Controls', 'Inbox']) {
    await menu.getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    expect(new URL(page.url()).pathname).toBe(`/${name.toLowerCase()}`)
  }
})

test('a page that the server no longer has leaves the rest of the console standing', async () => {
  const { page } = await stage.enter()
  await page.route('**/assets/activity-page-*', (route) => route.fulfill({ status: 404 }))
  await page.getByRole('link', { name: 'Activity' }).click()

  await page.getByRole('heading', { name: 'This page could not be loaded' }).waitFor()
  await page.getByRole('link', { name: 'Inbox' }).click()
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/inbox')
  stage.forgive(/404|dynamically imported/)
})

test('figures that were not read yet, or cannot be, are not told as nothing', async () => {
  const { page } = await stage.enter()
  let answer = (): void => undefined
  const held = new Promise<void>((resolve) => (answer = resolve))
  await page.route(/\/api\/v1\/(metrics|instances\?)/, async (route) => {
    await held
    await route.fulfill({ status: 400, json: { code: 'invalid_input', detail: 'Not today.' } })
  })

  await page.getByRole('link', { name: 'Loops' }).click()
  await page.getByRole('link', { name: 'Refunds' }).waitFor()
  expect(await page.getByText('Open runs').count()).toBe(0)
  await page.getByRole('link', { name: 'Refunds' }).click()
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor()
  expect(await page.getByText('None yet.').count()).toBe(0)
  expect(await page.getByText('0 of 0').count()).toBe(0)
  answer()

  await expect.poll(() => page.getByText('Not today.').count()).toBe(2)
  expect(await page.getByText('None yet.').count()).toBe(0)
  await page.getByRole('link', { name: 'Loops' }).click()
  await page.getByText('Not today.').first().waitFor()
})

test('who waits for a page is told that it is being read', async () => {
  const { page } = await stage.enter()
  await page.route(/\/api\/v1\/(approvals\/|instances|runs|definitions)/, () => undefined)

  for (const [path, says] of [
    [`/inbox/${scene.waiting}`, 'Reading the request'],
    [`/instances/${scene.storied}`, 'Reading the run'],
    ['/loops', 'Reading the loops'],
    ['/loops/refund', 'Reading the loop'],
  ] as const) {
    await page.goto(`${stage.world.url}${path}`)
    const reading = page.getByRole('progressbar', { name: says, exact: true })
    await expect.poll(() => reading.count(), { timeout: 15_000 }).toBe(1)
  }
})

test('a run says what of it could not be read, and no longer calls verified what could not be verified', async () => {
  const { page } = await stage.enter({ path: `/instances/order-1045` })
  await page.getByText(/^Record verified/).waitFor()
  await page.getByText('Waits for people').waitFor()
  const fail = { status: 500, json: { code: 'internal', detail: 'The store is away.' } }

  await page.route(/\/api\/v1\/verify/, (route) => route.fulfill(fail))
  await page.getByRole('button', { name: 'Verify again' }).click()
  await page.getByText('The record could not be verified').waitFor()
  expect(await page.getByText(/^Record verified/).count()).toBe(0)
  await page.route(/\/api\/v1\/(approvals|definitions|instances.*timers)/, (route) =>
    route.fulfill(fail),
  )
  await page.reload()

  await expect.poll(() => page.getByText('The store is away.').count()).toBe(3)
})

test('what did not happen lately is not said to have never happened', async () => {
  const { page } = await stage.enter({ path: '/activity' })
  // As of a record so long that the look ends before its beginning.
  await page.route(/\/api\/v1\/activity\?.*actorId=dora/, (route) => {
    const cursor = new URL(route.request().url()).searchParams.get('cursor')
    return route.fulfill({ json: cursor === null ? { items: [], cursor: '4000' } : { items: [] } })
  })
  await page.getByLabel('Actor').fill('dora')
  await page.getByRole('button', { name: 'Filter' }).click()

  await page.getByText('Nothing like this happened lately.').waitFor()
  expect(await page.getByText('Nothing like this happened yet.').count()).toBe(0)
  await page.getByRole('button', { name: 'Show more' }).click()

  await page.getByText('Nothing like this happened yet.').waitFor()
})
