import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

import { useStage } from './stage.ts'

const stage = useStage()

/** Waits until the dialog has the focus, where it belongs: before that keys go to the page. */
async function focusOn(page: Page, selector: string): Promise<void> {
  await page.locator(`[role="dialog"] ${selector}:focus`).waitFor()
}

/** Presses Tab until what has the focus bears the name. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const element = document.activeElement
      const labelled = (element?.getAttribute('aria-labelledby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent ?? '')
      const label = element?.id ? document.querySelector(`label[for="${element.id}"]`) : null
      return [
        element?.getAttribute('aria-label'),
        ...labelled,
        label?.textContent,
        element?.textContent,
      ]
        .filter(Boolean)
        .join(' ')
    })
    if (name.test(found)) return
  }
  throw new Error(`No Tab leads to ${name}.`)
}

test('the whole journey by single keys', async () => {
  const { world } = stage
  await world.ask('key-1', { amount: 1, customer: 'k' })
  await world.ask('key-2', { amount: 2, customer: 'k' })
  const { page } = await stage.enter()
  await page.getByRole('link', { name: 'pay on key-2' }).waitFor()

  await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'pay on key-1' }).waitFor()
  await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'pay on key-2' }).waitFor()
  await page.keyboard.press('a')
  await focusOn(page, '#decision-send')
  await page.keyboard.press('Enter')
  await page.getByText('Approved: pay, REVIEWED → PAYING.').first().waitFor()
  await expect.poll(() => world.bank.paid).toEqual([{ amount: 2, to: 'k' }])

  await page.keyboard.press('u')
  await page.keyboard.press('j')
  await page.getByRole('heading', { name: 'pay on key-1' }).waitFor()
  await page.keyboard.press('r')
  await focusOn(page, '#decision-words')
  await page.keyboard.type('Not this one: r, a, x are letters here.')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Rejected: pay does not run.').first().waitFor()
  const { items } = await world.program.approvals.find({ aggregateId: 'key-1' }).page()
  expect(items[0]?.decisions[0]?.reason).toBe('Not this one: r, a, x are letters here.')
})

test('the whole journey by Tab, Enter and Escape, with single keys turned off', async () => {
  const { world } = stage
  await world.ask('key-3', { amount: 3, customer: 'k' })
  const { page } = await stage.enter()
  await page.getByRole('link', { name: 'pay on key-3' }).waitFor()

  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await tabTo(page, /Single keys/)
  await page.keyboard.press('Space')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('j')
  expect(new URL(page.url()).pathname).toBe('/inbox')

  await page.reload()
  await page.getByRole('link', { name: 'pay on key-3' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  await tabTo(page, /pay on key-3/)
  await tabTo(page, /pay on key-3/)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'pay on key-3' }).waitFor()
  await tabTo(page, /^Approve$/)
  await page.keyboard.press('Enter')
  await focusOn(page, '#decision-send')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  // Whoever cancels is where they were.
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Approve')
  await page.keyboard.press('Enter')
  await focusOn(page, '#decision-send')
  await page.keyboard.press('Enter')
  await page.getByText('Approved: pay, REVIEWED → PAYING.').first().waitFor()
})

test('the focus stays inside a dialog', async () => {
  const id = await stage.world.ask('key-4')
  const { page } = await stage.enter({ path: `/inbox/${id}` })
  await page.getByRole('heading', { name: 'pay on key-4' }).waitFor()
  await page.keyboard.press('a')
  await focusOn(page, '#decision-send')

  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab')
    const inside = await page.evaluate(
      () => document.activeElement?.closest('[role="dialog"]') !== null,
    )
    expect(inside).toBe(true)
  }
})

test('keys that come faster than the page never decide on the request before', async () => {
  const { world } = stage
  const first = await world.ask('fast-1')
  await world.ask('fast-2')
  const { page } = await stage.enter({ path: `/inbox/${first}` })
  await page.getByRole('link', { name: 'pay on fast-2' }).waitFor()
  await page.getByRole('heading', { name: 'pay on fast-1' }).waitFor()

  // In one go, before anything can be drawn.
  await page.evaluate(() => {
    for (const key of ['j', 'a']) document.dispatchEvent(new KeyboardEvent('keydown', { key }))
  })
  await page.getByRole('heading', { name: 'pay on fast-2' }).waitFor()

  expect(await page.getByRole('dialog').getByText('fast-1').count()).toBe(0)
})
