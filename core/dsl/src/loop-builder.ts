import type { LoopDefinition } from '@loop-engine/core'

import { defineLoop } from './define-loop.ts'
import type { LoopInput, StateInput, TransitionInput } from './input-schema.ts'
import type { ValidateOptions } from './validate.ts'

type Named<T, Keys extends string> = Omit<T, Keys>
type Effect = NonNullable<TransitionInput['effect']>
type Approval = Exclude<NonNullable<TransitionInput['approval']>, boolean>

/** The options of a state; `Ref` is the transition that its timeout takes. */
export type StateOptions<Ref extends string> = Named<StateInput, 'id' | 'stateId' | 'timeout'> & {
  readonly timeout?: { readonly after: string; readonly transition: Ref }
}

/** A transition between known states; `Ref` are the transitions that its effect or its approval takes afterwards. */
export type TransitionOptions<States extends string, Id extends string, Ref extends string> = Named<
  TransitionInput,
  'id' | 'transitionId' | 'from' | 'to' | 'effect' | 'approval'
> & {
  readonly id: Id
  readonly from: States
  readonly to: States
  readonly effect?: Named<Effect, 'onSuccess' | 'onFailure'> & {
    readonly onSuccess?: Ref
    readonly onFailure?: Ref
  }
  readonly approval?:
    | boolean
    | (Named<Approval, 'onReject' | 'onExpiry'> & {
        readonly onReject?: Ref
        readonly onExpiry?: Ref
      })
}

/** The type of `this` that `build` demands, so that it does not compile, when a named transition is not defined. */
interface Unknown<Id extends string> {
  readonly 'this transition is not defined': Id
}

/**
 * Builds a loop step by step. Each step returns a new builder and leaves the one that it was called on unchanged. Steps
 * copy their arguments, so that changing an argument later changes no builder.
 */
export interface LoopBuilder<
  States extends string = never,
  Transitions extends string = never,
  Refs extends string = never,
> {
  version(version: string): LoopBuilder<States, Transitions, Refs>
  name(name: string): LoopBuilder<States, Transitions, Refs>
  description(description: string): LoopBuilder<States, Transitions, Refs>
  domain(domain: string): LoopBuilder<States, Transitions, Refs>
  state<const Id extends string, const Ref extends string = never>(
    id: Id,
    options?: StateOptions<Ref>,
  ): LoopBuilder<States | Id, Transitions, Refs | Ref>
  /** One of the states above. */
  initialState(id: States): LoopBuilder<States, Transitions, Refs>
  transition<const Id extends string, const Ref extends string = never>(
    transition: TransitionOptions<States, Id, Ref>,
  ): LoopBuilder<States, Transitions | Id, Refs | Ref>
  outcome(outcome: NonNullable<LoopInput['outcome']>): LoopBuilder<States, Transitions, Refs>
  spawns(...loopIds: readonly string[]): LoopBuilder<States, Transitions, Refs>
  tags(...tags: readonly string[]): LoopBuilder<States, Transitions, Refs>
  maxTransitions(count: number): LoopBuilder<States, Transitions, Refs>
  /** Throws `invalid_definition` with every problem in `details.problems`. */
  build(
    this: [Refs] extends [Transitions] ? unknown : Unknown<Exclude<Refs, Transitions>>,
    options?: ValidateOptions,
  ): LoopDefinition
}

/** Begins a loop in TypeScript. */
export const LoopBuilder = {
  create(id: string, domain?: string): LoopBuilder {
    return builderOf({ id, domain, states: [], transitions: [] })
  },
}

/** Only collects the fields. The types check the names while compiling, and `build` checks everything. */
function builderOf<States extends string, Transitions extends string, Refs extends string>(
  loop: LoopInput,
): LoopBuilder<States, Transitions, Refs> {
  const { states, transitions } = loop
  const next = <S extends string = States, T extends string = Transitions, R extends string = Refs>(
    change: Partial<LoopInput>,
  ): LoopBuilder<S, T, R> => builderOf({ ...loop, ...change })
  return Object.freeze<LoopBuilder<States, Transitions, Refs>>({
    version: (version) => next({ version }),
    name: (name) => next({ name }),
    description: (description) => next({ description }),
    domain: (domain) => next({ domain }),
    state: (id, options) => next({ states: [...states, { ...own(options), id }] }),
    initialState: (initialState) => next({ initialState }),
    transition: (transition) => next({ transitions: [...transitions, own(transition)] }),
    outcome: (outcome) => next({ outcome: own(outcome) }),
    spawns: (...spawns) => next({ spawns }),
    tags: (...tags) => next({ tags }),
    maxTransitions: (maxTransitions) => next({ maxTransitions }),
    build: (options) => defineLoop(loop, options),
  })
}

/** A copy that the caller cannot change. A value that cannot be copied is not JSON, which `build` reports. */
function own<Given>(given: Given): Given {
  try {
    return structuredClone(given)
  } catch {
    return given
  }
}
