export { createNatsSink, type NatsSink, type NatsSinkOptions } from './nats-sink.ts'
export { subjectOf } from './subject.ts'
