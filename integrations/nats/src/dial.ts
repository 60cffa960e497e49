import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'

import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'

const created = 'net.client.socket'

/**
 * Connects, or fails without leaving a socket open. The client itself forgets its socket if a server accepts it and
 * says nothing; each attempt would leave another one, which keeps the process alive.
 */
export async function dial(options: NodeConnectionOptions): Promise<NatsConnection> {
  const here = new AsyncLocalStorage<true>()
  const sockets: Socket[] = []
  const note = (message: unknown): void => {
    const { socket } = message as { socket: unknown }
    if (here.getStore() && socket instanceof Socket) sockets.push(socket)
  }
  subscribe(created, note)
  try {
    return await here.run(true, () => connect(options))
  } catch (error) {
    for (const socket of sockets) socket.destroy()
    throw error
  } finally {
    unsubscribe(created, note)
  }
}
