#!/usr/bin/env bash
# Java and Maven, which `startKafka` fetches and runs Apache Kafka with. Does nothing where they are.
set -eu

is_there() {
  command -v mvn >/dev/null && java -version 2>&1 | grep -qE 'version "(1[7-9]|[2-9][0-9])'
}

if ! is_there; then
  if ! command -v apt-get >/dev/null; then
    echo 'Kafka takes Java 17 and Maven, and there is no apt-get to install them with: install both.' >&2
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then as_root=(); else as_root=(sudo -n); fi
  "${as_root[@]}" apt-get update
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y --no-install-recommends default-jre-headless maven
fi
is_there || { echo 'Kafka takes Java 17 or newer, and Maven.' >&2; exit 1; }
java -version
mvn --version
