// The SDK's own tests, as they are: vitest.temporal.config.ts gives them a system on Temporal.
import '../../../../core/sdk/src/loop-system.test.ts'
import '../../../../core/sdk/src/lifecycle.test.ts'
import '../../../../core/sdk/src/people-and-effects.test.ts'
import '../../../../core/sdk/src/define.test.ts'
