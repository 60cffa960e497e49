import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import type { ApprovalRequest, DecisionIntake } from '@loop-engine/core'
import {
  createDecisionPage,
  type DecisionPage,
  type SendCodeInput,
} from '@loop-engine/core/decision-page'
import { approvalRequest, startPlan } from '@loop-engine/testing'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const story = 'a story that goes on and on. '.repeat(60)
const hostile = '<img src=x onerror=alert(1)> \u202egnp.exe '

function waiting(): ApprovalRequest {
  const request = approvalRequest(startPlan().instance)
  const fields = [
    { path: '/note', label: 'note', value: hostile + 'x'.repeat(200), fromModel: true },
    { path: '/story', label: 'story', value: story, fromModel: true },
    { path: '/lines', label: 'lines', value: { a: [1, 2, { b: null }] }, fromModel: false },
  ]
  const view = {
    ...request.view,
    transition: { ...request.view.transition, risk: 'high' },
    fields,
    warnings: ['The amount is unusual.'],
    effect: { integration: 'bank', action: 'pay', input: { amount: 120 } },
  }
  return { ...request, view, expiresAt: Date.now() + 3_600_000 }
}

describe('the decision page in Chromium', () => {
  const request = waiting()
  const decisions: DecisionIntake[] = []
  const codes: SendCodeInput[] = []
  const asked: string[] = []
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url} referer=${incoming.headers.referer ?? ''}`)
    void requestOf(incoming)
      .then((made) => page.handle(made))
      .then(async (answer) => {
        outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
        outgoing.end(await answer.text())
      })
  })
  let origin = ''
  let page: DecisionPage
  const requestOf = async (incoming: IncomingMessage): Promise<Request> => {
    const isPost = incoming.method === 'POST'
    return new Request(new URL(incoming.url ?? '/', origin), {
      method: incoming.method ?? 'GET',
      headers: { 'content-type': incoming.headers['content-type'] ?? '' },
      ...(isPost && { body: await text(incoming) }),
    })
  }
  const address = (): Promise<string> =>
    page.linkFor(
      {
        id: '0'.repeat(32),
        tenant: request.tenant,
        requestId: request.id,
        revision: 1,
        recipient: 'alice',
      },
      request.expiresAt,
    )

  let browser: Browser
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    page = createDecisionPage({
      name: 'page',
      publicUrl: `${origin}/decide`,
      secrets: ['a secret of more than thirty-two bytes'],
      getApproval: async () => request,
      decide: async (decision) => {
        decisions.push(decision)
        return { status: 'executed', request }
      },
      sendCode: async (code) => void codes.push(code),
    })
    browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] })
  })
  afterAll(async () => {
    await browser.close()
    server.close()
  })

  async function visit(options: {
    readonly width: number
    readonly colorScheme?: 'light' | 'dark'
    readonly javaScriptEnabled?: boolean
  }): Promise<{ tab: Page; complaints: string[] }> {
    const { width, ...rest } = options
    const context = await browser.newContext({ viewport: { width, height: 800 }, ...rest })
    const tab = await context.newPage()
    const complaints: string[] = []
    tab.on('console', (message) => complaints.push(message.text()))
    tab.on('pageerror', (error) => complaints.push(error.message))
    await tab.goto(await address())
    return { tab, complaints }
  }

  const scan = async (tab: Page): Promise<string[]> => {
    await tab.evaluate(axe.source)
    const { violations } = (await tab.evaluate(
      `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
    )) as axe.AxeResults
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }

  test.each([
    [360, 'light'],
    [360, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    'at %i pixels and %s it has no axe violation and does not scroll sideways',
    async (width, colorScheme) => {
      const { tab, complaints } = await visit({ width, colorScheme })
      await tab.locator('summary').first().click()

      expect(await scan(tab)).toEqual([])
      expect(
        await tab.evaluate('document.documentElement.scrollWidth - innerWidth'),
      ).toBeLessThanOrEqual(0)
      expect(complaints).toEqual([])

      await tab.getByLabel(/I have read/).check()
      await tab.getByRole('button', { name: 'Approve' }).click()
      await tab.getByLabel('Code').waitFor()
      expect(await scan(tab)).toEqual([])
      expect(complaints).toEqual([])
      await tab.context().close()
    },
  )

  test('a person approves with a code by keyboard only and without scripts', async () => {
    const { tab } = await visit({ width: 360, javaScriptEnabled: false })
    const before = codes.length
    asked.length = 0

    await tab.getByLabel(/I have read/).press('Space')
    await tab.getByRole('button', { name: 'Approve' }).press('Enter')
    const field = tab.getByLabel('Code')
    await field.waitFor()
    expect(decisions).toEqual([])
    await field.fill(codes[before]?.code ?? '')
    await field.press('Enter')
    await tab.getByText('carried out').waitFor()

    expect(decisions).toMatchObject([{ decision: 'approve', reviewer: { id: 'alice' } }])
    expect(asked.join('\n')).not.toMatch(/link=|referer=h/)
    expect(tab.url()).toBe(`${origin}/decide`)
    await tab.context().close()
  })

  test('the browser does not send an approval without the explicit yes', async () => {
    const { tab } = await visit({ width: 360, javaScriptEnabled: false })
    asked.length = 0

    await tab.getByRole('button', { name: 'Approve' }).click()
    await tab.getByRole('button', { name: 'Reject' }).click()

    expect(asked.filter((line) => line.startsWith('POST'))).toEqual([])
    await tab.context().close()
  })
})
