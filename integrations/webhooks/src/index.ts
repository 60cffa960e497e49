export { createWebhookSink, type WebhookSinkOptions } from './webhook-sink.ts'
