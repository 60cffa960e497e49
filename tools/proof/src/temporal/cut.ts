import { connect, createServer, type Socket } from 'node:net'

export interface Wire {
  readonly address: string
  /** Ends every connection and refuses new ones. */
  cut(): Promise<void>
  mend(): Promise<void>
}

/** A wire between a worker and a server that a test can cut. */
export async function layWire(to: string): Promise<Wire> {
  const [host = '', port = ''] = to.split(':')
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    near.pipe(far).pipe(near)
  })
  const listen = async (at: number): Promise<void> =>
    new Promise((resolve) => server.listen(at, '127.0.0.1', () => resolve()))
  await listen(0)
  const own = server.address()
  const at = typeof own === 'object' && own !== null ? own.port : 0
  return {
    address: `127.0.0.1:${at}`,
    async cut() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
    mend: () => listen(at),
  }
}
