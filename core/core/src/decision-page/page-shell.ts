import { createHash } from 'node:crypto'

import { html, raw } from 'hono/html'

import { spellOut } from '../spell-out.ts'
import type { Markup } from './view/view-html.ts'

// System colours: the device chooses light or dark, and the contrast.
const style = `
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{margin:0 auto;max-width:44rem;padding:1rem;background:Canvas;color:CanvasText;overflow-wrap:anywhere}
h1{font-size:1.4rem;line-height:1.25}h2{font-size:1.1rem;margin-top:1.75rem}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.35rem 1rem;margin:0}
dt{font-weight:600;max-width:12rem}dd{margin:0;min-width:0}
@media(max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}
pre{font:inherit;white-space:pre-wrap;margin:0;border-left:.2rem solid;padding-left:.75rem}
.model{display:inline-block;border:1px solid;border-radius:1rem;padding:0 .5rem;font-size:.8rem;font-weight:400}
.warning,.notice{border:2px solid;border-radius:.5rem;padding:.5rem .75rem}
fieldset{border:1px solid;border-radius:.5rem;margin:1rem 0;padding:.75rem 1rem}
legend{font-weight:600;padding:0 .4rem}label{display:block;margin:.5rem 0}
textarea,input[type=text],input[type=email]{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}
input[type=checkbox]{width:1.5rem;height:1.5rem;vertical-align:middle;margin-right:.5rem}
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.25rem;cursor:pointer}
:focus-visible{outline:3px solid;outline-offset:2px}
footer{margin-top:2rem;font-size:.85rem}`

// In one piece, because the content security policy names the hash of exactly what stands between the tags.
const styleTag = `<style>${style}</style>`
const styleHash = createHash('sha256').update(style).digest('base64')

/** The headers of every answer: nothing may be loaded, framed, cached or told to another site. */
export const pageHeaders: Readonly<Record<string, string>> = Object.freeze({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
})

/** A whole page. It needs no script, no cookie and no other host. */
export async function renderPage(title: string, main: Markup): Promise<string> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${spellOut(title)}</title>
        ${raw(styleTag)}
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html>`
  return String(await page)
}
