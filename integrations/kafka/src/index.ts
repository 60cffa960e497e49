export { createKafkaSink, type KafkaSink, type KafkaSinkOptions } from './kafka-sink.ts'
