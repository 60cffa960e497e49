export { deriveEvents, type LoopEvent, type LoopEventType } from './derive-events.ts'
export { toCloudEvent, toCloudEvents } from './cloud-events.ts'
export {
  createEventBus,
  type EventBus,
  type EventBusOptions,
  type EventFilter,
  type EventListener,
} from './event-bus.ts'
export type { EventStreamOptions } from './event-stream.ts'
export { tailEvents, type TailedEvents, type TailEventsOptions } from './tail-events.ts'
