import { expect, test, TestRunner } from 'vitest'

type Collector = ReturnType<typeof TestRunner.getCurrentSuite>
type Suite = Awaited<ReturnType<Collector['collect']>>

/** Registers tests that a conformance suite passes the right plugin, and refuses each plugin with one fault. */
export async function suiteJudges<Harness>(
  suite: (harness: Harness) => void,
  right: Harness,
  wrong: Readonly<Record<string, Harness>>,
): Promise<void> {
  const accepted = await collect(() => suite(right))
  test('what is right passes', async () => {
    expect(await firstFailure(accepted)).toBeNull()
  })
  for (const [what, harness] of Object.entries(wrong)) {
    const refused = await collect(() => suite(harness))
    test(`one that ${what} is refused`, async () => {
      expect(await firstFailure(refused)).not.toBeNull()
    })
  }
}

/** Returns the suite that `register` registers, and removes it from this file, which would otherwise fail with it. */
async function collect(register: () => void): Promise<Suite> {
  const around = TestRunner.getCurrentSuite()
  register()
  const registered = around.tasks.pop()
  if (registered?.type !== 'collector') throw new Error('No suite was registered.')
  return registered.collect(around.file)
}

type Hook = () => unknown

/** The name of the first test that fails, or null. */
async function firstFailure(suite: Suite, outer: readonly Hook[] = []): Promise<string | null> {
  const hooks = TestRunner.getSuiteHooks(suite)
  const beforeEach = [...outer, ...hooks.beforeEach.map(call)]
  for (const hook of hooks.beforeAll.map(call)) await hook()
  try {
    for (const task of suite.tasks) {
      if (task.mode !== 'run') continue
      if (task.type === 'suite') {
        const failure = await firstFailure(task, beforeEach)
        if (failure !== null) return failure
      } else {
        for (const hook of beforeEach) await hook()
        if (await fails(TestRunner.getTestFn(task))) return task.name
      }
    }
    return null
  } finally {
    for (const hook of hooks.afterAll.map(call)) await hook()
  }
}

/** Calls a hook without arguments, because no suite of ours uses those of vitest. */
function call(hook: (...context: never[]) => unknown): Hook {
  return () => Reflect.apply(hook, undefined, [])
}

async function fails(run: Hook): Promise<boolean> {
  try {
    await run()
    return false
  } catch {
    return true
  }
}
