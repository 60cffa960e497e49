import type { Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api'

export interface Instruments {
  readonly transitions: Counter
  readonly transitionDuration: Histogram
  readonly guardFailures: Counter
  readonly approvalsWaiting: UpDownCounter
  readonly approvalWait: Histogram
  readonly approvalDecisions: Counter
  readonly effectAttempts: Counter
  readonly effectDuration: Histogram
  readonly deliveryDuration: Histogram
  readonly deadLetters: Counter
  readonly tokenUsage: Histogram
  readonly operationDuration: Histogram
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

// Seconds of the engine's own work: from a transition in memory to an effect that waits for a slow system.
const working = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30]
// Seconds that people take to decide.
const people = [
  10,
  30,
  minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  day,
  2 * day,
  7 * day,
  30 * day,
]
// Tokens, and seconds of model calls, both as the semantic conventions advise.
const tokens = Array.from({ length: 14 }, (_, power) => 4 ** power)
const calls = Array.from({ length: 14 }, (_, power) => 2 ** power / 100)

export function createInstruments(meter: Meter): Instruments {
  const histogram = (
    name: string,
    description: string,
    boundaries: number[],
    unit = 's',
  ): Histogram =>
    meter.createHistogram(name, {
      description,
      unit,
      advice: { explicitBucketBoundaries: boundaries },
    })
  return {
    transitions: meter.createCounter('loop_engine.transition.attempts', {
      description: 'Transitions that were judged and recorded, by outcome.',
      unit: '{attempt}',
    }),
    transitionDuration: histogram(
      'loop_engine.transition.duration',
      'From a request of a transition to its answer.',
      working,
    ),
    guardFailures: meter.createCounter('loop_engine.guard.failures', {
      description: 'Guards that did not pass, soft ones included.',
      unit: '{failure}',
    }),
    approvalsWaiting: meter.createUpDownCounter('loop_engine.approval.waiting', {
      description: 'Approval requests opened less those closed, by this process, since it started.',
      unit: '{request}',
    }),
    approvalWait: histogram(
      'loop_engine.approval.wait',
      'From the opening of an approval request to its end.',
      people,
    ),
    approvalDecisions: meter.createCounter('loop_engine.approval.decisions', {
      description: 'Decisions of people that were recorded, refused ones included.',
      unit: '{decision}',
    }),
    effectAttempts: meter.createCounter('loop_engine.effect.attempts', {
      description: 'Attempts at effects, by outcome.',
      unit: '{attempt}',
    }),
    effectDuration: histogram(
      'loop_engine.effect.duration',
      'One attempt at an effect, with its report.',
      working,
    ),
    deliveryDuration: histogram(
      'loop_engine.delivery.duration',
      'One attempt at a notice, an event or a timer.',
      working,
    ),
    deadLetters: meter.createCounter('loop_engine.dead_letters', {
      description: 'Deliveries that were given up and wait for a person.',
      unit: '{letter}',
    }),
    tokenUsage: histogram(
      'gen_ai.client.token.usage',
      'Number of input and output tokens used.',
      tokens,
      '{token}',
    ),
    operationDuration: histogram(
      'gen_ai.client.operation.duration',
      'GenAI operation duration.',
      calls,
    ),
  }
}
