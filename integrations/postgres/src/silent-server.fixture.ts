import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which nothing arrives any more, in either direction, once it fell silent: no end either. */
export interface SilentServer {
  readonly url: string
  /** Falls silent; with a text, on the connection that sends it first, and resolves then. */
  silence(text?: string): Promise<void>
  close(): void
}

export async function startSilentServer(url: string): Promise<SilentServer> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const heard = Promise.withResolvers<void>()
  let awaited: string | undefined
  let isSilent = false
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true })
    let isCut = false
    const pass = (from: Socket, to: Socket): void => {
      sockets.add(from)
      from.on('error', () => {})
      from.on('data', (bytes) => {
        if (awaited !== undefined && bytes.includes(awaited)) {
          isCut = true
          heard.resolve()
        }
        if (!isCut && !isSilent) to.write(bytes)
      })
      from.on('end', () => {
        if (!isCut && !isSilent) to.end()
      })
    }
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('There is no port.')
  const own = new URL(url)
  own.port = String(address.port)
  return {
    url: own.href,
    async silence(text) {
      awaited = text
      isSilent = text === undefined
      if (text !== undefined) await heard.promise
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
