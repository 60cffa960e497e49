import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface PaymentOrder {
  readonly order: string
  readonly key: string
}

const execArgv = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']

/** Starts a process that runs effects. Each payment order that it sends is handed to `pay`. */
export async function startWorker(
  place: { readonly url: string; readonly schema: string },
  pay: (worker: ChildProcess, order: PaymentOrder) => void,
): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const worker = fork(program, [place.url, place.schema], { execArgv })
  await once(worker, 'message')
  return worker.on('message', (order: PaymentOrder) => pay(worker, order))
}

/** Lets a worker finish its work, and resolves when its process has ended; at once if it was killed before. */
export async function endWorker(worker: ChildProcess): Promise<void> {
  if (worker.connected) worker.disconnect()
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit')
}
