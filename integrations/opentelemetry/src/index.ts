export {
  createOpenTelemetry,
  type OpenTelemetry,
  type OpenTelemetryOptions,
} from './open-telemetry.ts'
