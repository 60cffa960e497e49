import { html } from 'hono/html'

import { pageHeaders, renderPage } from './page-shell.ts'
import type { Markup } from './view/view-html.ts'

interface WholePage {
  readonly status: number
  readonly title: string
  readonly main: Markup
}

interface TextPage {
  readonly status: number
  readonly title: string
  readonly text: string
  readonly more?: Markup
}

/** What the page says when there is no request to show: what happened, and why. */
const notices = {
  noLink: {
    status: 400,
    title: 'A link is missing',
    text: 'Open this page by the link in the message that you were sent.',
  },
  expired: {
    status: 410,
    title: 'This link has expired',
    text: 'The time to decide is over. Nothing was decided with it.',
  },
  invalid: {
    status: 403,
    title: 'This link is not valid',
    text: 'It may have been cut off in the message. Nothing was decided.',
  },
  gone: {
    status: 404,
    title: 'There is no such request',
    text: 'It may have been deleted. Nothing was decided.',
  },
  stale: {
    status: 409,
    title: 'This has changed',
    text: 'What is asked was edited after this link was sent, so that it decides nothing. Use the link in the newest message.',
  },
  codeExpired: {
    status: 410,
    title: 'This code has expired',
    text: 'Nothing was decided. Open the link in the message again to get another code.',
  },
  notForThis: {
    status: 405,
    title: 'Not possible',
    text: 'This page can be opened, and its forms can be sent.',
  },
  unreadable: {
    status: 400,
    title: 'This cannot be read',
    text: 'What was sent is not a form of this page. Nothing was decided.',
  },
  used: {
    status: 409,
    title: 'This link was used',
    text: 'A link decides once, and this one already did, in another way. Your first decision stands.',
  },
  busy: {
    status: 503,
    title: 'Please try again',
    text: 'Nothing was decided: a part of the system does not answer at the moment.',
  },
  failed: {
    status: 500,
    title: 'Something went wrong here',
    text: 'It is not certain whether your decision was taken. Open the link again to see how the request stands.',
  },
} as const satisfies Readonly<Record<string, TextPage>>

export function notice(name: keyof typeof notices): Promise<Response> {
  return textPage(notices[name])
}

export function textPage({ status, title, text, more }: TextPage): Promise<Response> {
  return wholePage({
    status,
    title,
    main: html`${
      more
        ? html`<p class="notice" role="status"><strong>${title}.</strong> ${text}</p>`
        : html`<h1>${title}</h1>
            <p role="status">${text}</p>`
    }${more ?? ''}`,
  })
}

export async function wholePage({ status, title, main }: WholePage): Promise<Response> {
  return new Response(await renderPage(title, main), {
    status,
    headers: { ...pageHeaders, ...(status === 405 && { allow: 'GET, HEAD, POST' }) },
  })
}
