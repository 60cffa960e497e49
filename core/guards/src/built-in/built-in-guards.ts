import type { Guard } from '@loop-engine/core'

import { approvalObtained } from './approval-obtained.ts'
import { assuranceAtLeast } from './assurance-at-least.ts'
import { budget } from './budget.ts'
import { confidenceThreshold } from './confidence-threshold.ts'
import { cooldown } from './cooldown.ts'
import { deadlineNotExceeded } from './deadline-not-exceeded.ts'
import { evidenceRequired } from './evidence-required.ts'
import { createEvidenceSchemaGuard } from './evidence-schema.ts'
import { fieldConstraint } from './field-constraint.ts'
import { fourEyes } from './four-eyes.ts'
import { humanOnly } from './human-only.ts'
import { rateLimit } from './rate-limit.ts'
import { roleRequired } from './role-required.ts'
import { createTimeWindowGuard } from './time-window.ts'

/** The guards that every system has. */
export function createBuiltInGuards(): readonly Guard[] {
  return [
    approvalObtained,
    assuranceAtLeast,
    budget,
    confidenceThreshold,
    cooldown,
    deadlineNotExceeded,
    evidenceRequired,
    createEvidenceSchemaGuard(),
    fieldConstraint,
    fourEyes,
    humanOnly,
    rateLimit,
    roleRequired,
    createTimeWindowGuard(),
  ]
}
