import type { Context, Script } from 'node:vm'

/** Does the work at once; answers `late` when it was ended because it took too long. */
export type TimeLimit = <Result>(work: () => Result) => Result | 'late'

/**
 * Ends what nobody can wait for, such as a regular expression that tries every way to match. A context of its own is
 * how Node interrupts what is running; the work itself is ours, and is not confined by it.
 */
export function createTimeLimit(timeoutMs: number): TimeLimit {
  let runner: { readonly context: Context; readonly script: Script } | undefined
  return <Result>(work: () => Result) => {
    runner ??= createRunner()
    const { context, script } = runner
    context['work'] = work
    try {
      return script.runInContext(context, { timeout: timeoutMs }) as Result
    } catch (error) {
      if (isTimeout(error)) return 'late'
      throw error
    }
  }
}

function createRunner(): { readonly context: Context; readonly script: Script } {
  const vm = process.getBuiltinModule('node:vm')
  return { context: vm.createContext({}), script: new vm.Script('work()') }
}

// The error is one of that context, whose `Error` is not ours.
function isTimeout(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
