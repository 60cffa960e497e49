import { runInNewContext } from 'node:vm'

import { expect, test } from 'vitest'

import { loginScript } from './login-page.ts'

/** Runs the script of the login page with a server that answers `reply`. */
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

test('a successful login leads to the console', async () => {
  const page = openPage(async () => ({ ok: true, status: 200 }))
  await page.press()

  expect(page.went).toEqual(['/'])
})

test('the page says if the link was used already', async () => {
  const page = openPage(async () => ({ ok: false, status: 401 }))
  await page.press()

  expect(page.told.textContent).toContain('used already, or has expired')
})

test('at an address that the server does not know, the page names --public-url and does not suggest another try', async () => {
  const page = openPage(async () => ({ ok: false, status: 403 }))
  await page.press()

  expect(page.told.textContent).toContain('--public-url')
})

test.each([
  ['busy', async () => ({ ok: false, status: 429 })],
  ['going down', async () => ({ ok: false, status: 503 })],
  ['away', async () => Promise.reject(new TypeError('Failed to fetch'))],
])('after an answer of a server that is %s the person can try the link again', async (_, reply) => {
  const page = openPage(reply)
  await page.press()

  expect(page.told.textContent).toContain('Try again')
  expect(page.button.disabled).toBe(false)
})
