import { spawnSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.ts'
import { installKafka } from './install-kafka.ts'
import { startServer, type ServerProcess } from './server-process.ts'

export interface KafkaServer extends ServerProcess {
  /** `host:port` of the only broker. */
  readonly address: string
  readonly version: string
  /**
   * Runs one of Kafka's programs, such as `org.apache.kafka.tools.ConsoleProducer`, on this broker; returns its output.
   */
  run(main: string, args: readonly string[], input?: string): string
}

/**
 * Starts a real Apache Kafka for tests: one node that is broker and
 * controller, with its logs on disk. It ends with this process.
 */
export async function startKafka(): Promise<KafkaServer> {
  const { libs, version } = await installKafka()
  const folder = await mkdtemp(join(tmpdir(), 'loop-engine-kafka-'))
  const port = await freePort()
  const properties = join(folder, 'server.properties')
  await writeFile(properties, propertiesOf(folder, port, await freePort()))
  const java = (main: string, ...args: string[]): string[] => [
    '-Xmx384m',
    // Starts in one second instead of three: a process of one minute does not need fully optimised code.
    '-XX:TieredStopAtLevel=1',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-cp',
    join(libs, '*'),
    main,
    ...args,
  ]
  const run = (main: string, args: readonly string[], input = ''): string => {
    const { status, error, stdout, stderr } = spawnSync('java', java(main, ...args), {
      encoding: 'utf8',
      input,
    })
    if (status !== 0) throw new Error(`${main} failed: ${error?.message ?? stderr}`)
    return stdout
  }
  const format = ['format', '--cluster-id', 'bG9vcC1lbmdpbmUtMDAwMA', '--config', properties]
  run('kafka.tools.StorageTool', format)

  const broker = await startServer({
    name: 'Kafka',
    command: 'java',
    args: java('kafka.Kafka', properties),
    port,
    folder,
    upMs: 60_000,
  })
  return {
    ...broker,
    address: `127.0.0.1:${port}`,
    version,
    run: (main, args, input) =>
      run(main, ['--bootstrap-server', `127.0.0.1:${port}`, ...args], input),
  }
}

function propertiesOf(folder: string, port: number, controller: number): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': join(folder, 'data'),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Short, so that a restarted broker need not wait until its session from before the crash ends.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
