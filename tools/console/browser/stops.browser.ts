import { beforeAll, expect, test } from 'vitest'

import { setScene } from './scene.ts'
import { useStage } from './stage.ts'

const stage = useStage()
beforeAll(async () => {
  await setScene(stage.world)
})

test('what is stopped commits nothing until it is released', async () => {
  const { world } = stage
  const { page } = await stage.enter({ path: '/controls' })

  await page.getByRole('button', { name: 'Stop something' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What').selectOption('One loop')
  await dialog.getByRole('combobox', { name: 'Loop' }).fill('deploy')
  await dialog.getByLabel('Reason').fill('The freeze.')
  await dialog.getByRole('button', { name: 'Stop it' }).click()
  await page.getByText('The loop deploy').waitFor()
  await page.goto(`${world.url}/instances/$control`)
  await page.getByText(/stopped loop:default:deploy/).waitFor()
  // It is no loop of anybody's, so that nothing leads to one.
  expect(await page.getByRole('link', { name: '$control' }).count()).toBe(0)
  await page.goto(`${world.url}/controls`)
  await expect(
    world.program.instances.start({ loopId: 'deploy', aggregateId: 'frozen' }),
  ).rejects.toMatchObject({ code: 'stopped' })
  await page.getByRole('button', { name: 'Release The loop deploy' }).click()
  await dialog.getByLabel('Reason').fill('It is over.')
  await dialog.getByRole('button', { name: 'Release' }).click()

  await page.getByRole('button', { name: 'Release The loop deploy' }).waitFor({ state: 'detached' })
  await world.program.instances.start({ loopId: 'deploy', aggregateId: 'frozen' })
})

test('who must stop something types at once, and is offered what there is', async () => {
  const { page } = await stage.enter({ path: '/controls' })
  await page.getByRole('button', { name: 'Stop something' }).click()
  const dialog = page.getByRole('dialog')

  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('stop-cover')
  const offered = (): Promise<readonly (string | null)[]> =>
    dialog
      .locator('datalist option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')))
  await dialog.getByLabel('What').selectOption('One actor')
  expect(await offered()).toContain('agent:refunds')
  await dialog.getByLabel('What').selectOption('One loop')
  expect(await offered()).toEqual(['refund', 'deploy'])
})

test('who mistypes what is to be stopped is told that nothing goes by this name, and may stop it all the same', async () => {
  const { page } = await stage.enter({ path: '/controls' })
  await page.getByRole('button', { name: 'Stop something' }).click()
  const dialog = page.getByRole('dialog')
  const name = async (what: string, asks: string, id: string): Promise<void> => {
    await dialog.getByLabel('What').selectOption(what)
    await dialog.getByLabel(asks).fill(id)
    await dialog.getByLabel('Reason').fill('It does harm.')
  }

  await name('One instance', 'Instance', 'order-0')
  await dialog.getByText('No run has this business key.').waitFor()
  await name('One loop', 'Loop', 'refnd')
  await dialog.getByText('No run is of a loop of this name.').waitFor()
  // Who has no key, but acted.
  await name('One actor', 'Actor', 'dora')
  await dialog.getByText('Is the name right?').waitFor({ state: 'detached' })
  await name('One actor', 'Actor', 'agent:refnds')
  await dialog.getByText('Nobody of exactly this name has acted.').waitFor()
  await dialog.getByRole('button', { name: 'Stop it' }).click()

  await page.getByRole('button', { name: 'Release The actor agent:refnds' }).waitFor()
  expect((await stage.world.program.stops.list()).map(({ scope }) => scope)).toContain(
    'actor:default:agent:refnds',
  )
})
