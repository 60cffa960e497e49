import { connect, createServer, type Socket } from 'node:net'

export interface Wire {
  readonly address: string
  /** Ends every connection, and refuses new ones until `mend`. */
  cut(): void
  mend(): void
  /** The number of connection attempts since the cut. */
  tried(): number
  close(): Promise<void>
}

/** Creates a proxy between a worker and a server, which a test can cut. */
export async function layWire(to: string): Promise<Wire> {
  const [host = '', port = ''] = to.split(':')
  const sockets = new Set<Socket>()
  let isCut = false
  let tries = 0
  const server = createServer((near) => {
    if (isCut) {
      tries += 1
      near.on('error', () => {}).destroy()
      return
    }
    const far = connect(Number(port), host)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = server.address()
  const at = typeof own === 'object' && own !== null ? own.port : 0
  return {
    address: `127.0.0.1:${at}`,
    cut() {
      isCut = true
      tries = 0
      for (const socket of sockets) socket.destroy()
    },
    mend() {
      isCut = false
    },
    tried: () => tries,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
