import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A commit that was acknowledged to a process before it died. */
export interface Acknowledged {
  readonly runId: string
  readonly seq: number
  readonly hash: string
}

/** Receives the lines of a worker that are not acknowledgements. */
export type Hear = (line: string, worker: ChildProcess) => void

/**
 * Runs a worker and kills it `afterMs` after it is ready. Returns its acknowledgements; throws if it died by itself.
 */
export async function runUntilKilled(
  args: readonly string[],
  afterMs: number,
): Promise<readonly Acknowledged[]> {
  const child = start(args)
  const told = await listen(child, (line) => {
    if (line === 'ready') setTimeout(() => child.kill('SIGKILL'), afterMs)
  })
  if (child.signalCode === 'SIGKILL') return told
  throw new Error(`a worker ended with ${child.exitCode ?? child.signalCode} before it was killed`)
}

/** Runs workers to their end, while `meanwhile` disturbs them. Throws if a worker fails. */
export async function runWorkers(
  count: number,
  argsOf: (index: number) => readonly string[],
  meanwhile?: (running: () => boolean) => Promise<void>,
  hear?: Hear,
): Promise<readonly Acknowledged[]> {
  let left = count
  const work = Array.from({ length: count }, async (_, index) => {
    const child = start(argsOf(index))
    const told = await listen(child, (line) => hear?.(line, child))
    left--
    if (child.exitCode !== 0)
      throw new Error(`worker ${index} ended with ${child.exitCode ?? child.signalCode}`)
    return told
  })
  const [told] = await Promise.all([Promise.all(work), meanwhile?.(() => left > 0)])
  return told.flat()
}

function start(args: readonly string[]): ChildProcess {
  const program = join(import.meta.dirname, 'worker.ts')
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source', program, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

async function listen(
  child: ChildProcess,
  hear: (line: string) => void,
): Promise<readonly Acknowledged[]> {
  const told: Acknowledged[] = []
  const ended = new Promise((resolve) => child.once('close', resolve))
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, runId = '', seq = '', hash = ''] = line.split(' ')
      hear(line)
      // A line that the kill cut short does not count as an acknowledgement.
      if (word === 'ack' && hash.length === 64) told.push({ runId, seq: Number(seq), hash })
    }
  }
  await ended
  return told
}
