import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'

import { desktop, phone } from './people.ts'
import { setScene, type Scene } from './scene.ts'
import { useStage } from './stage.ts'

const stage = useStage()
let scene: Scene
beforeAll(async () => {
  scene = await setScene(stage.world)
})

/** What axe finds, as one line a finding. */
async function scan(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  )
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}

const looks = (['light', 'dark'] as const).flatMap((colorScheme) => [
  { name: `${colorScheme}, desktop`, colorScheme, device: desktop },
  { name: `${colorScheme}, phone`, colorScheme, device: phone },
])

describe.each(looks)('$name', ({ colorScheme, device }) => {
  test('no page has anything that keeps people out', async () => {
    const { page } = await stage.enter({ ...device, colorScheme, reducedMotion: 'reduce' })
    const pages: readonly (readonly [path: string, shows: string | RegExp])[] = [
      ['/inbox', 'pay on order-1045'],
      [`/inbox/${scene.waiting}`, 'What exactly will run'],
      ['/inbox/nothing', 'No approval request has this id.'],
      [`/instances/${scene.storied}`, /Record verified/],
      ['/loops', 'Deployments'],
      ['/loops/refund', 'Where runs are, and how long they stay'],
      ['/activity', /asked people to approve/],
      ['/controls', 'The actor agent:pricing'],
      ['/nowhere', 'There is nothing here'],
    ]
    for (const [path, shows] of pages) {
      await page.goto(`${stage.world.url}${path}`)
      await page.getByText(shows).first().waitFor()
      expect([path, ...(await scan(page))]).toEqual([path])
    }
  })

  test('no dialog has, either', async () => {
    const { page } = await stage.enter({
      ...device,
      colorScheme,
      reducedMotion: 'reduce',
      path: `/inbox/${scene.waiting}`,
    })
    for (const name of ['Approve', 'Reject', 'Edit', 'Ask', 'Delegate']) {
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('dialog').waitFor()
      expect([name, ...(await scan(page))]).toEqual([name])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    await page.goto(`${stage.world.url}/controls`)
    for (const name of ['Stop something', 'Make a key']) {
      await page.getByRole('button', { name }).click()
      await page.getByRole('dialog').waitFor()
      expect([name, ...(await scan(page))]).toEqual([name])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
  })

  test('nor have the ways in', async () => {
    const context = await stage.browser.newContext({ ...device, colorScheme })
    const page = await context.newPage()
    for (const path of ['/login', '/inbox']) {
      await page.goto(`${stage.world.url}${path}`)
      await page.getByRole('heading').first().waitFor()
      expect([path, ...(await scan(page))]).toEqual([path])
    }
    await context.close()
  })

  test('nothing is wider than the screen', async () => {
    const { page } = await stage.enter({ ...device, colorScheme })
    for (const path of [
      `/inbox/${scene.waiting}`,
      `/instances/${scene.storied}`,
      '/controls',
      '/activity',
      '/loops/refund',
    ]) {
      await page.goto(`${stage.world.url}${path}`)
      await page.getByRole('heading', { level: 2 }).or(page.getByLabel('Events')).first().waitFor()
      const [content, room] = await page.evaluate(() => [
        document.querySelector('main')?.scrollWidth,
        document.querySelector('main')?.clientWidth,
      ])
      expect([path, content]).toEqual([path, room])
    }
  })
})
