import { html } from 'hono/html'

import { pageHeaders, renderPage } from './page-shell.ts'
import type { Markup } from './view-html.ts'

interface PageAnswer {
  readonly status: number
  readonly title: string
  readonly main: Markup
}

/** Every answer of the page: what happened, and why, for people. */
export interface PageAnswers {
  whole(answer: PageAnswer): Promise<Response>
  page(answer: {
    readonly status: number
    readonly title: string
    readonly text: string
    readonly more?: Markup
  }): Promise<Response>
  noLink(): Promise<Response>
  badLink(status: 'expired' | 'invalid'): Promise<Response>
  gone(): Promise<Response>
  stale(): Promise<Response>
  notForThis(): Promise<Response>
  unreadable(): Promise<Response>
  used(): Promise<Response>
  tooMany(): Promise<Response>
  busy(): Promise<Response>
  failed(): Promise<Response>
}

export function createPageAnswers(): PageAnswers {
  const whole = async ({ status, title, main }: PageAnswer): Promise<Response> =>
    new Response(await renderPage(title, main), {
      status,
      headers: { ...pageHeaders, ...(status === 405 && { allow: 'GET, HEAD, POST' }) },
    })
  const page: PageAnswers['page'] = ({ status, title, text, more }) =>
    whole({
      status,
      title,
      main: html`${
        more
          ? html`<p class="notice" role="status"><strong>${title}.</strong> ${text}</p>`
          : html`<h1>${title}</h1>
              <p role="status">${text}</p>`
      }${more ?? ''}`,
    })
  const say = (status: number, title: string, text: string): Promise<Response> =>
    page({ status, title, text })
  return {
    whole,
    page,
    noLink: () =>
      say(
        400,
        'A link is missing',
        'Open this page by the link in the message that you were sent.',
      ),
    badLink: (status) =>
      status === 'expired'
        ? say(
            410,
            'This link has expired',
            'The time to decide is over. Nothing was decided with it.',
          )
        : say(
            403,
            'This link is not valid',
            'It may have been cut off in the message. Nothing was decided.',
          ),
    gone: () =>
      say(404, 'There is no such request', 'It may have been deleted. Nothing was decided.'),
    stale: () =>
      say(
        409,
        'This has changed',
        'What is asked was edited after this link was sent, so that it decides nothing. Use the link in the newest message.',
      ),
    notForThis: () =>
      say(405, 'Not possible', 'This page can be opened, and its forms can be sent.'),
    unreadable: () =>
      say(
        400,
        'This cannot be read',
        'What was sent is not a form of this page. Nothing was decided.',
      ),
    used: () =>
      say(
        409,
        'This link was used',
        'A link decides once, and this one already did, in another way. Your first decision stands.',
      ),
    tooMany: () =>
      say(
        429,
        'Too many attempts',
        'Nothing was decided. Wait ten minutes and open the link again.',
      ),
    busy: () =>
      say(
        503,
        'Please try again',
        'Nothing was decided: a part of the system does not answer at the moment.',
      ),
    failed: () =>
      say(
        500,
        'Something went wrong here',
        'It is not certain whether your decision was taken. Open the link again to see how the request stands.',
      ),
  }
}
