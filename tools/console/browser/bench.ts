import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'

import { createLoad } from './bench-load.ts'
import { desktop, launch } from './people.ts'

/** `npm run bench -w @loop-engine/console`: 2,000 requests wait; prints figures and fails if a target is missed. */
interface Ready {
  readonly url: string
  readonly links: readonly string[]
  readonly key: string
}

const quick = process.argv.includes('--quick')
const [waiting, rounds, decisions, perSecond] = quick ? [200, 2, 10, 50] : [2000, 5, 100, 50]

const child = fork(join(import.meta.dirname, 'bench-server.ts'), [`${waiting}`])
const [ready] = (await once(child, 'message')) as [Ready]
const links = [...ready.links]
const browser = await launch()
try {
  const paints: number[] = []
  const lists: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { paint, list } = await measureFirstPaint(browser)
    paints.push(paint)
    lists.push(list)
  }
  const load = createLoad({ url: ready.url, key: ready.key, perSecond, runs: 100 })
  const answers = await measureDecisions(browser)
  const { done, failed, p95 } = await load.stop()

  const figures = [
    { name: 'first paint, cold cache, slowest', ms: Math.max(...paints), target: 1000 },
    { name: 'decision, click to answer, p95', ms: quantile(answers, 0.95), target: 200 },
    { name: 'decision, click to answer, median', ms: quantile(answers, 0.5), target: 200 },
  ]
  console.log(`${waiting} requests wait; ${decisions} decisions during ${done} transitions`)
  console.log(`(${perSecond}/s asked for, ${failed} failed, p95 ${Math.round(p95)} ms)`)
  console.log(`first requests in sight, slowest: ${Math.round(Math.max(...lists))} ms`)
  for (const { name, ms, target } of figures)
    console.log(`${ms < target ? 'met ' : 'MISS'} ${name}: ${Math.round(ms)} ms (< ${target} ms)`)
  const missed = figures.some(({ ms, target }) => ms >= target)
  process.exitCode = failed > 0 || (missed && !quick) ? 1 : 0
} finally {
  await browser.close()
  child.send('end')
  await once(child, 'exit')
}

async function logIn(from: Browser): Promise<Page> {
  const context = await from.newContext(desktop)
  const page = await context.newPage()
  await page.goto(links.pop() ?? '')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()
  return page
}

/** From the address to the first paint, and to the first requests; nothing of the page is cached. */
async function measureFirstPaint(from: Browser): Promise<{ paint: number; list: number }> {
  const before = await logIn(from)
  const session = await before.context().newCDPSession(before)
  await session.send('Network.clearBrowserCache')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  await before.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.requests a')) return
      performance.mark('list')
      observer.disconnect()
    }).observe(document, { childList: true, subtree: true })
  })
  await before.goto(`${ready.url}/inbox`)
  await before.locator('.requests a').first().waitFor()
  const times = await before.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    list: performance.getEntriesByName('list')[0]?.startTime ?? Number.NaN,
  }))
  await before.context().close()
  return times
}

/** From the click on the last button to the answer on the page, measured inside it. */
async function measureDecisions(from: Browser): Promise<readonly number[]> {
  const page = await logIn(from)
  await page.locator('.requests a').first().waitFor()
  const taken: number[] = []
  for (let count = 0; count < decisions; count++) {
    await page.keyboard.press('j')
    const approve = page.getByRole('button', { name: 'Approve', exact: true })
    await approve.waitFor()
    await page.keyboard.press('a')
    await page.locator('#decision-send:not([disabled])').waitFor()
    const ms = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const began = performance.now()
          const observer = new MutationObserver(() => {
            if (!/This no longer waits/.test(document.querySelector('.request')?.textContent ?? ''))
              return
            observer.disconnect()
            resolve(performance.now() - began)
          })
          observer.observe(document.body, { childList: true, subtree: true, characterData: true })
          document.querySelector<HTMLElement>('#decision-send')?.click()
        }),
    )
    taken.push(ms)
  }
  await page.context().close()
  return taken
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
