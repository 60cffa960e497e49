import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Returns a port on which nobody listens. It lies below the range from which operating systems choose a port for a
 * program that asks for any: no other program is given it before the server listens, or while the server is down.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const port = randomInt(15_000, 30_000)
    if (await isFree(port)) return port
  }
  throw new Error('No port between 15000 and 30000 is free on 127.0.0.1.')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
