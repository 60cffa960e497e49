import { beforeAll, expect, test } from 'vitest'

import { setScene, type Scene } from './scene.ts'
import { useStage } from './stage.ts'

const stage = useStage()
let scene: Scene
beforeAll(async () => {
  scene = await setScene(stage.world)
})

test('a page is printed to its end', async () => {
  const { page } = await stage.enter({ path: `/instances/${scene.storied}` })
  await page.getByText('Record verified: 9 entries').waitFor()
  await page.locator('.timeline > li').nth(8).waitFor()

  await page.emulateMedia({ media: 'print' })

  const [last, paper] = await page.evaluate(() => [
    document.querySelector('.timeline > li:last-child')?.getBoundingClientRect().bottom ?? 0,
    document.documentElement.scrollHeight,
  ])
  expect(last).toBeGreaterThan(900)
  expect(paper).toBeGreaterThanOrEqual(last)
  for (const pressed of ['.pf-v6-c-masthead', 'nav']) {
    expect(await page.locator(pressed).first().isVisible()).toBe(false)
  }
})

test('paper is white, and bears nothing that is to be pressed, whatever the screen is like', async () => {
  const { page } = await stage.enter({ path: `/inbox/${scene.waiting}`, colorScheme: 'dark' })
  const decide = page.getByRole('group', { name: 'Decide' })
  const ink = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).color)
  await decide.waitFor()
  const onScreen = await ink()

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })

  await expect.poll(ink).not.toBe(onScreen)
  expect(await decide.isVisible()).toBe(false)
  expect(await page.getByRole('button', { name: 'Close the request' }).isVisible()).toBe(false)
})
