import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'

/** Connects the clients and workers of this process to a server, once. They log only errors. */
export async function connectTemporal(address: string): Promise<{
  readonly client: Client
  readonly connection: NativeConnection
  disconnect(): Promise<void>
}> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const client = new Client({ connection: await Connection.connect({ address }) })
  const connection = await NativeConnection.connect({ address })
  return {
    client,
    connection,
    async disconnect() {
      await Promise.all([client.connection.close(), connection.close()])
    },
  }
}
