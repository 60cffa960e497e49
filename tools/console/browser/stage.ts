import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'

import { enter, launch, type Person } from './people.ts'
import { createWorld, type World } from './world.ts'

/** A world and a browser for the tests of one file. */
export interface Stage {
  readonly world: World
  readonly browser: Browser
  /** Somebody enters; whatever their browser complains about fails the test. */
  enter(options?: Parameters<typeof enter>[2]): Promise<Person>
  /** Complaints that the test itself has caused. */
  forgive(expected: RegExp): void
}

export function useStage(): Stage {
  let world: World | undefined
  let browser: Browser | undefined
  const people: Person[] = []
  const forgiven: RegExp[] = []
  const given = <Thing>(thing: Thing | undefined): Thing => {
    if (thing) return thing
    throw new Error('The stage is not set.')
  }
  beforeAll(async () => {
    world = await createWorld()
    browser = await launch()
  })
  afterEach(async () => {
    const left = people.splice(0)
    const expected = forgiven.splice(0)
    const complaints = left
      .flatMap((person) => person.complaints)
      .filter((complaint) => !expected.some((pattern) => pattern.test(complaint)))
    await Promise.all(left.map((person) => person.leave()))
    expect(complaints).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  return {
    get world() {
      return given(world)
    },
    get browser() {
      return given(browser)
    },
    forgive: (expected) => void forgiven.push(expected),
    async enter(options) {
      const person = await enter(given(browser), given(world), options)
      people.push(person)
      return person
    },
  }
}
