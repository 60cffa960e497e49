import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

import { findChromium } from './find-chromium.ts'
import type { World } from './world.ts'

export const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
}
export const desktop: BrowserContextOptions = { viewport: { width: 1440, height: 900 } }

/** Somebody with the console open. */
export interface Person {
  readonly page: Page
  /** What the browser complained about: errors of scripts, and all that the policy refused. */
  readonly complaints: readonly string[]
  leave(): Promise<void>
}

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    // Containers run as root, and have a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  })
}

/** Logs somebody in, in a browser of their own, and brings them to a page. */
export async function enter(
  browser: Browser,
  world: World,
  {
    id = 'alice',
    roles = ['finance'],
    scopes,
    path = '/inbox',
    ...options
  }: BrowserContextOptions & {
    readonly id?: string
    readonly roles?: readonly string[]
    readonly scopes?: Parameters<World['link']>[2]
    readonly path?: string
  } = {},
): Promise<Person> {
  const context = await browser.newContext({ ...desktop, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('console', (message) => {
    // A browser notes every refusal of the API as an error; whether it is one, the page tells.
    const isRefusal = message.location().url.startsWith(`${world.url}/api/`)
    const isBad = message.type() === 'error' || message.type() === 'warning'
    if (isBad && !isRefusal) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(world.link(id, roles, scopes))
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Inbox' }).waitFor()
  if (path !== '/inbox') await page.goto(`${world.url}${path}`)
  return { page, complaints, leave: () => context.close() }
}
