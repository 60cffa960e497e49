export { deriveEvents, type LoopEvent, type LoopEventType } from './derive-events.ts'
export { cloudEventType, toCloudEvent, toCloudEvents } from './cloud-events.ts'
export {
  createEventBus,
  type EventBus,
  type EventBusOptions,
  type EventFilter,
  type EventListener,
  type EventStreamOptions,
} from './event-bus.ts'
export { tailEvents, type TailedEvents, type TailEventsOptions } from './tail-events.ts'
