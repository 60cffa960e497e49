import { atomicity } from './atomicity.ts'
import { authority } from './authority.ts'
import { concurrency } from './concurrency.ts'
import { delivery } from './delivery.ts'
import { isolation } from './isolation.ts'
import type { SeededBug } from './seeded-bug.ts'
import { stateAndHistory } from './state-and-history.ts'
import { tamperEvidence } from './tamper-evidence.ts'

/** At least one bug for each invariant; `npm run proof` shows that each is caught. */
export const seededBugs: readonly SeededBug[] = [
  ...stateAndHistory,
  ...atomicity,
  ...concurrency,
  ...authority,
  ...delivery,
  ...tamperEvidence,
  ...isolation,
]
