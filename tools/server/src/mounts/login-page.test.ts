import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { loginScript } from './login-page.ts'

/** The script of the page in a page that answers `reply` to its request. */
function openPage(reply: () => Promise<{ readonly ok: boolean; readonly status: number }>) {
  const told = { textContent: '' }
  const went: string[] = []
  let press = async (): Promise<void> => undefined
  const button = {
    hidden: true,
    disabled: false,
    addEventListener: (_: string, onClick: () => Promise<void>) => (press = onClick),
  }
  runInNewContext(loginScript, {
    document: { querySelector: (name: string) => (name === '#told' ? told : button) },
    location: { hash: '#token=t', replace: (to: string) => went.push(to) },
    history: { replaceState: () => undefined },
    URLSearchParams,
    fetch: reply,
  })
  return { told, button, went, press: () => press() }
}

test('a login that counts leads on', async () => {
  const page = openPage(async () => ({ ok: true, status: 200 }))
  await page.press()

  expect(page.went).toEqual(['/'])
})

test('a link that is used says so', async () => {
  const page = openPage(async () => ({ ok: false, status: 401 }))
  await page.press()

  expect(page.told.textContent).toContain('used, or is over')
})

test('at an address that the server was not given nobody is told to try again', async () => {
  const page = openPage(async () => ({ ok: false, status: 403 }))
  await page.press()

  expect(page.told.textContent).toContain('--public-url')
})

test.each([
  ['busy', async () => ({ ok: false, status: 429 })],
  ['going down', async () => ({ ok: false, status: 503 })],
  ['away', async () => Promise.reject(new TypeError('Failed to fetch'))],
])('a server that is %s has not taken the link, which may be tried again', async (_, reply) => {
  const page = openPage(reply)
  await page.press()

  expect(page.told.textContent).toContain('Try again')
  expect(page.button.disabled).toBe(false)
})
