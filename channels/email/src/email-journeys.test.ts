import { createDecisionLinks } from '@loop-engine/core/decision-page'
import {
  createAuthority,
  createIntake,
  createLoopSystem,
  createMemoryStore,
} from '@loop-engine/sdk'
import {
  channelJourneys,
  type ChannelSetting,
  type ChannelVendor,
  type Click,
  type OpenChannel,
  type TestClock,
} from '@loop-engine/testing'
import { createTransport, type Transporter } from 'nodemailer'

import { createEmailChannel } from './index.ts'
import { createMailboxes, type Mailboxes } from './mailbox.fixture.ts'
import { fillIn, formsOf, send } from './visitor.fixture.ts'

/** People with a mailbox and a browser, who open a mail, follow its link and send a form. */
const linkKey = 'a key of more than thirty-two bytes'
const publicUrl = 'https://loops.example/decide'
const addressOf = (person: string): string => `${person}@example.com`

interface Mailing extends ChannelVendor {
  readonly boxes: Mailboxes
  /** Keeps its connections, because the server delays every new one. */
  readonly transport: Transporter
  channel: OpenChannel['channel'] | undefined
  answer(page: string): void
}

type Mode = 'none' | 'code'

async function createMailing(clock: TestClock, stepUp: Mode): Promise<Mailing> {
  const boxes = await createMailboxes()
  const transport = createTransport({ host: '127.0.0.1', port: boxes.port, pool: true })
  const answers: string[] = []
  const links = createDecisionLinks({ secrets: [linkKey], clock })
  /** The forms that people have open in a tab. */
  const open = new Map<string, Record<string, string>>()

  const mailsAbout = (person: string, requestId: string) =>
    boxes
      .of(addressOf(person))
      .map((mail) => ({
        mail,
        about: mail.headers.find(({ key }) => key === 'x-loop-request')?.value ?? '',
      }))
      .filter(({ about }) => about.startsWith(`${encodeURIComponent(requestId)};`))

  async function linkOf({ person, requestId, revision }: Click): Promise<string> {
    const found = mailsAbout(person, requestId)
      .filter(({ about }) => about.endsWith(`revision=${revision}`))
      .flatMap(({ mail }) => mail.text?.match(/https:\S+link=\S+/) ?? [])
    // A person who is not asked gets no mail. The worst case is a link in their name, so the test makes one.
    return (
      found[0] ??
      `${publicUrl}?link=${await links.seal(
        {
          id: `${person}-${'0'.repeat(32)}`,
          tenant: 'default',
          requestId,
          revision,
          recipient: person,
        },
        clock.now() + 3_600_000,
      )}`
    )
  }

  const vendor: Mailing = {
    boxes,
    transport,
    channel: undefined,
    answer: (page) => void answers.push(page),
    answers: () => answers,
    down: (isDown) => void (boxes.isDown = isDown),
    // People see a thread as one message.
    shown: (requestId) => {
      const thread = mailsAbout('alice', requestId).map(({ mail }) => mail.html ?? '')
      return thread.length > 0 ? [thread.join('\n')] : []
    },
    async click(click) {
      const link = await linkOf(click)
      const visit = async (request: Request): Promise<string> =>
        (await vendor.channel?.handle?.(request))?.text() ?? ''
      const page = await visit(new Request(link))
      const tab = `${link} ${click.decision}`
      const form = fillIn(page, click.decision, click.reason) ??
        open.get(tab) ?? {
          link: new URL(link).searchParams.get('link') ?? '',
          view: '0'.repeat(64),
          decision: click.decision,
          confirm: 'yes',
          reason: 'no',
        }
      open.set(tab, form)
      for (const { fields } of formsOf(page))
        open.set(`${link} ${fields['decision']}`, {
          ...fields,
          confirm: 'yes',
          reason: click.reason ?? 'no',
        })
      const first = send(publicUrl, form)
      if (stepUp === 'none') return first
      const next = formsOf(await visit(first.clone())).find(({ fields }) => fields['challenge'])
      const code = boxes
        .of(addressOf(click.person))
        .at(-1)
        ?.text?.match(/Code: (\S+)/)?.[1]
      return next && code ? send(publicUrl, { ...next.fields, code }) : first
    },
    async forged(click) {
      const url = await linkOf(click)
      const link = new URL(url).searchParams.get('link') ?? ''
      const page = (await (await vendor.channel?.handle?.(new Request(url)))?.text()) ?? ''
      const form = fillIn(page, click.decision) ?? {}
      const other = createDecisionLinks({
        secrets: ['another key of at least thirty-two bytes'],
        clock,
      })
      const stolen = await other.seal(
        {
          id: '0'.repeat(32),
          tenant: 'default',
          requestId: click.requestId,
          revision: 1,
          recipient: 'alice',
        },
        clock.now() + 1000,
      )
      const { link: _, ...without } = form
      return [
        send(publicUrl, without),
        send(publicUrl, { ...form, link: stolen }),
        send(publicUrl, {
          ...form,
          link: `${link.slice(0, -2)}${link.at(-2) === 'A' ? 'BA' : 'AA'}`,
        }),
        send(publicUrl, { ...form, link: link.split('.').reverse().join('.') }),
        send(publicUrl, { challenge: link, code: '0000-0000' }),
      ]
    },
    async close() {
      transport.close()
      await boxes.close()
    },
  }
  return vendor
}

function createMail(
  { clock, decide, getApproval }: ChannelSetting,
  vendor: Mailing,
  stepUp: Mode,
): OpenChannel {
  const channel = createEmailChannel({
    transport: vendor.transport,
    from: 'loops@example.com',
    recipients: () => ['alice', 'bob', 'owner'].map((id) => ({ id, address: addressOf(id) })),
    secrets: [linkKey],
    publicUrl,
    stepUp,
    getApproval,
    decide,
    clock,
  })
  vendor.channel = channel
  return {
    channel: {
      ...channel,
      async handle(request) {
        const answer = await channel.handle(request)
        if (request.method === 'POST') vendor.answer(await answer.clone().text())
        return answer
      },
    },
  }
}

for (const stepUp of ['none', 'code'] satisfies Mode[])
  channelJourneys<Mailing>({
    name: `e-mail (${stepUp === 'code' ? 'with a one-time code' : 'with the link alone'})`,
    createVendor: (clock) => createMailing(clock, stepUp),
    create: (setting, vendor) => createMail(setting, vendor, stepUp),
    createSystem: async (options) =>
      createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
    createIntake: (options) => createIntake(options as Parameters<typeof createIntake>[0]),
    createAuthority,
    createStore: () => createMemoryStore(),
    assurance: 'signed-link',
  })
