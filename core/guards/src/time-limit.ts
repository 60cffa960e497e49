import type { Context, Script } from 'node:vm'

/** Does the work synchronously; returns `late` if it was interrupted because it took too long. */
export type TimeLimit = <Result>(work: () => Result) => Result | 'late'

/**
 * Interrupts synchronous work that takes too long, such as a regular expression that tries every way to match. Node can
 * interrupt only what runs in a `vm` context; that confines nothing, and need not, because the work is ours.
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

// The error comes from that context, whose `Error` is not ours, so `instanceof` would fail.
function isTimeout(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown }
  return code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}
