import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { serveStatic } from '@hono/node-server/serve-static'
import { LoopError } from '@loop-engine/core'
import type { Hono } from 'hono'

import type { Environment } from './environment.ts'
import { loginPage, loginScript, loginStyle } from './login-page.ts'

const html = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
const script = { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' }
const style = { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-store' }

/** Serves the login page and, if there is a built console, its files; every other path gets its index. */
export function mountConsole(app: Hono<Environment>, folder: string | undefined): void {
  app.get('/login', () => new Response(loginPage, { headers: html }))
  app.get('/login.js', () => new Response(loginScript, { headers: script }))
  app.get('/login.css', () => new Response(loginStyle, { headers: style }))
  if (folder === undefined) return
  if (!existsSync(join(folder, 'index.html')))
    throw new LoopError('invalid_config', 'The folder of the console has no index.html.', {
      path: '/console',
      hint: 'Name the folder of a built console.',
    })
  app.get('/assets/*', async (context, next) => {
    await next()
    // The name of each of these files contains the hash of its content.
    if (context.res.ok)
      context.res.headers.set('cache-control', 'public, max-age=31536000, immutable')
  })
  const files = serveStatic({ root: folder, precompressed: true })
  // A missing file belongs to the console before or after an upgrade. The index in its place would be cached for ever.
  app.get('/assets/*', files, (context) => context.notFound())
  app.get('*', files)
  app.get('*', serveStatic({ root: folder, path: 'index.html' }))
}
