import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { cachePath, keepInCache } from './keep-in-cache.ts'

const version = '4.3.0'

/** The broker with its dependencies, its console tools, and a logger. Maven checks each file against its checksum. */
const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.loop-engine</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${version}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`

export interface KafkaInstallation {
  /** Folder of jars: `KAFKA_LIBS`, such as `libs` of Apache's download, or the user's cache. */
  readonly libs: string
  readonly version: string
}

/**
 * Returns Apache Kafka's broker, which is fetched once with Maven and
 * kept in the user's cache. If that fails, the error says what to do.
 */
export async function installKafka(): Promise<KafkaInstallation> {
  const named = process.env['KAFKA_LIBS']
  if (named !== undefined) return { libs: named, version: 'of KAFKA_LIBS' }
  const libs = cachePath(`kafka-${version}`)
  await keepInCache(libs, fetchLibraries)
  return { libs, version }
}

async function fetchLibraries(folder: string): Promise<string> {
  await writeFile(join(folder, 'pom.xml'), project)
  const libs = join(folder, 'libs')
  const { status, error, stdout } = spawnSync(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      '--strict-checksums',
      'org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy-dependencies',
      `-DoutputDirectory=${libs}`,
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  if (status === 0) return libs
  throw new Error(
    `Apache Kafka could not be installed: ${error?.message ?? stdout}\n` +
      'Install Java 17 and Maven, for example with core/testing/install-java.sh. Or unpack Kafka yourself, and set KAFKA_LIBS to its folder of jars.',
  )
}
