import { expectTypeOf, test } from 'vitest'

import type {
  createExpressions,
  createGuardRegistry,
  timelineOf,
  validateLoop,
  verifyStore,
  Approvals,
  LoopEngine,
  LoopSystem,
  Relay,
} from './index.ts'
import type * as named from './index.ts'

type Taken<Function extends (...given: never[]) => unknown> = Parameters<Function>[0]
type Given<Function extends (...taken: never[]) => unknown> = Awaited<ReturnType<Function>>

// A library that is compiled with its declarations and depends
// on this package alone (pnpm, Yarn) can name nothing else.
test('every type that public functions take or return is exported by this package', () => {
  expectTypeOf<LoopSystem['events']>().toEqualTypeOf<Pick<named.EventBus, 'subscribe' | 'stream'>>()
  expectTypeOf<Parameters<LoopSystem['events']['subscribe']>>().toEqualTypeOf<
    [named.EventFilter, named.EventListener]
  >()
  expectTypeOf<Parameters<LoopSystem['events']['stream']>[1]>().toEqualTypeOf<
    named.EventStreamOptions | undefined
  >()
  expectTypeOf<Taken<named.EventListener>>().toEqualTypeOf<named.LoopEvent>()

  expectTypeOf<LoopEngine['seal']>().toEqualTypeOf<named.Seal>()
  expectTypeOf<Given<named.Seal>>().toEqualTypeOf<named.Sealed<object, unknown>>()
  expectTypeOf<Taken<LoopEngine['get']>>().toEqualTypeOf<named.Target>()
  expectTypeOf<Taken<LoopEngine['history']>>().toEqualTypeOf<named.HistoryQuery>()
  expectTypeOf<Taken<LoopEngine['cancel']>>().toEqualTypeOf<named.ChangeInput>()
  expectTypeOf<Taken<LoopEngine['migrate']>>().toEqualTypeOf<named.MigrateInput>()
  expectTypeOf<Taken<LoopEngine['erase']>>().toEqualTypeOf<named.EraseInput>()
  expectTypeOf<Taken<LoopEngine['stop']>>().toEqualTypeOf<named.StopInput>()
  expectTypeOf<Given<LoopEngine['stop']>>().toEqualTypeOf<named.Stop>()
  expectTypeOf<Given<LoopEngine['find']>>().toEqualTypeOf<named.Page<named.LoopInstance>>()
  expectTypeOf<named.InstanceQuery>().toExtend<Taken<LoopEngine['find']>>()
  expectTypeOf<named.ApprovalQuery>().toExtend<Taken<Approvals['find']>>()
  expectTypeOf<Given<Relay['deadLetters']>>().toEqualTypeOf<named.Page<named.DeadLetter>>()

  expectTypeOf<Given<typeof createGuardRegistry>>().toEqualTypeOf<named.GuardRegistry>()
  expectTypeOf<Given<typeof createExpressions>>().toEqualTypeOf<named.Expressions>()
  expectTypeOf<Given<typeof validateLoop>>().toEqualTypeOf<named.DefinitionProblem[]>()
  expectTypeOf<Taken<typeof verifyStore>>().toEqualTypeOf<named.VerifyStoreOptions>()
  expectTypeOf<Given<typeof verifyStore>>().toEqualTypeOf<named.VerifyReport>()
  expectTypeOf<Given<typeof timelineOf>>().toEqualTypeOf<readonly named.TimelineRow[]>()
})
