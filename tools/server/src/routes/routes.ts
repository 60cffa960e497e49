import { approvalRoutes } from './approvals.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import { decisionRoutes } from './decisions.ts'
import { definitionRoutes } from './definitions.ts'
import { eventRoutes } from './events.ts'
import { historyRoutes } from './history.ts'
import { instanceRoutes } from './instances.ts'
import { keyRoutes } from './keys.ts'
import { metricsRoutes } from './metrics.ts'
import { recordRoutes } from './records.ts'
import type { Route } from './route.ts'
import { runChangeRoutes } from './run-changes.ts'
import { sessionRoutes } from './session.ts'
import { stopRoutes } from './stops.ts'
import { timerRoutes } from './timers.ts'
import { transitionRoutes } from './transitions.ts'

/** Every operation of the API. A path that is written out comes before a pattern that matches it too. */
export const routes: readonly Route[] = [
  ...definitionRoutes,
  ...instanceRoutes,
  ...transitionRoutes,
  ...runChangeRoutes,
  ...historyRoutes,
  ...approvalRoutes,
  ...decisionRoutes,
  ...timerRoutes,
  ...deadLetterRoutes,
  ...stopRoutes,
  ...metricsRoutes,
  ...recordRoutes,
  ...eventRoutes,
  ...keyRoutes,
  ...sessionRoutes,
]
