import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly child: ChildProcess
  readonly lines: readonly string[]
  /** Resolves with the first line that contains the text. */
  said(text: string): Promise<string>
  /** Tells the waiting worker to go on. */
  goOn(): void
}

/**
 * Starts a program of this folder and waits until it is ready. It is killed when the test has finished, if not before.
 */
export async function startWorkerProcess(
  args: readonly string[],
  program = 'desk-worker.ts',
): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    ['--conditions=@loop-engine/source', join(import.meta.dirname, program), ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  child.stdout
    .setEncoding('utf8')
    .on('data', (text: string) => lines.push(...text.trim().split('\n')))
  const worker: WorkerProcess = {
    child,
    lines,
    goOn: () => void child.stdin.write('go on\n'),
    said: (text) =>
      until(async () => lines.find((line) => line.includes(text)), `a worker to say ${text}`),
  }
  await worker.said('ready')
  return worker
}

/** Repeats `look` until it returns something, for at most half a minute. */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Waited too long for ${what}.`)
}
