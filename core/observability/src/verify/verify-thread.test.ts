import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'

import { expect, onTestFinished, test } from 'vitest'

import { createVerifyThread } from './verify-thread.ts'

test('a thread that ends between two batches is not waited for', async () => {
  const module = 'data:text/javascript,export const create = () => ({ open: async () => {} })'
  const here = async () => [{ ok: true } as never]
  const thread = createVerifyThread({ module, create: 'create', options: {} }, false, here)
  onTestFinished(() => thread.close())
  const [, [worker]] = await Promise.all([thread.verify([]), once(process, 'worker')])
  const warned = once(process, 'warning')

  await (worker as Worker).terminate()

  expect(await thread.verify([])).toEqual(await here())
  expect((await warned)[0]).toMatchObject({ message: expect.stringContaining('exit 1') })
})
