import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import { desktop, enter, launch, phone } from './people.ts'
import { setScene } from './scene.ts'
import { createWorld } from './world.ts'

/** Makes the pictures of the README: `npm run screenshots -w @loop-engine/console [-- FOLDER]`. */
const folder = process.argv[2] ?? join(import.meta.dirname, '../../../docs/images')
mkdirSync(folder, { recursive: true })
const world = await createWorld()
const browser = await launch()
try {
  const { storied, waiting } = await setScene(world)
  const shots = [
    { name: 'console-inbox', path: `/inbox/${waiting}` },
    { name: 'console-instance', path: `/instances/${storied}` },
    { name: 'console-loop', path: '/loops/refund' },
    { name: 'console-activity', path: '/activity' },
    { name: 'console-controls', path: '/controls' },
    { name: 'console-inbox-dark', path: `/inbox/${waiting}`, colorScheme: 'dark' as const },
    { name: 'console-inbox-phone', path: `/inbox/${waiting}`, ...phone, deviceScaleFactor: 2 },
  ]
  for (const { name, ...options } of shots) {
    const { page, leave } = await enter(browser, world, { ...desktop, ...options })
    await page.waitForLoadState('load')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.waitForTimeout(600) // for what slides in
    await page.screenshot({ path: join(folder, `${name}.png`) })
    await leave()
  }
} finally {
  await browser.close()
  await world.close()
}
