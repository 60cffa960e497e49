import { setImmediate } from 'node:timers/promises'

import type { Integration, LoopInstance } from '@loop-engine/core'
import { createLog, generateNoteSigner, openNote } from '@loop-engine/observability'
import { createLoopSystem, createMemoryStore, type LoopSystem } from '@loop-engine/sdk'
import type { EffectRun, TestClock, World } from '@loop-engine/testing'

import { carryOut } from './carry-out.ts'
import type { Command } from './commands.ts'
import { openSystem, worldOf } from './journey.ts'
import { answersOf } from './observe.ts'
import { agent, createBank, nextProofLoop, proofLoop } from './proof-loop.ts'

/** One store and one bank, used by one process after another. */
export interface MortalSystem {
  /** Carries a command out, also one that ends the process. */
  carryOut(command: Command): Promise<string>
  run(aggregateId: string): Promise<LoopInstance | null>
  /** The number of paid keys, and of calls to the bank. */
  payments(): { readonly paid: number; readonly calls: number }
  world(): Promise<World>
}

interface Process {
  readonly system: LoopSystem
  readonly clock: TestClock
}

type KeyOfLog = ReturnType<typeof generateNoteSigner> & { readonly notAfter?: number }

export async function createMortalSystem(): Promise<MortalSystem> {
  const store = createMemoryStore()
  const effects: EffectRun[] = []
  const bank = createBank(effects)
  const signed: NonNullable<World['signed']>[number][] = []
  const retired: KeyOfLog[] = []
  let key: KeyOfLog = generateNoteSigner('proof.example/log')
  let loop = proofLoop
  let generation = 0
  let current = await begin(0)
  // This tenant is quiet from here on, so the answers that it gets must not change.
  const quiet = { tenant: 'other', aggregateId: 'a', actor: agent }
  await current.system.engine.start({ ...quiet, loopId: proofLoop.id })
  await current.system.engine.transition({
    ...quiet,
    transitionId: 'spend',
    evidence: { amount: 90 },
  })
  const quietAnswers = await answersOf(store, 'other')

  /** Starts a new process with a clock of its own; the clock of a dead process stands still for ever. */
  async function begin(now: number, integration: Integration = bank): Promise<Process> {
    generation++
    const { system, clock } = await openSystem(store, `run${generation}`, {}, (options) =>
      createLoopSystem({ ...options, loops: [loop], integrations: [integration] }),
    )
    if (now > 0) clock.advance(now - clock.now())
    return { system, clock }
  }

  /** Delivers in a process that dies at its first call to the bank, before or after the bank paid. */
  async function die(when: 'before' | 'after'): Promise<string> {
    let told = (_: string): void => {}
    const death = new Promise<string>((resolve) => (told = resolve))
    const dying = await begin(current.clock.now(), dyingBank(bank, when, told))
    const delivered = dying.system.relay.drain().then((count) => `delivered ${count}`)
    const answer = await Promise.race([delivered, death])
    // The store answers in microtasks, so everything else that the process had begun has stopped by now.
    await setImmediate()
    return answer
  }

  async function perform(command: Command): Promise<string> {
    const now = current.clock.now()
    switch (command.do) {
      case 'deploy':
        loop = nextProofLoop
        current = await begin(now)
        return 'deployed'
      case 'restart':
        current = await begin(now)
        return 'restarted'
      case 'die': {
        const answer = await die(command.when)
        current = await begin(now)
        return answer
      }
      case 'rotate':
        // The end of a key is exclusive, and the key may have signed at this very moment.
        current.clock.advance(1)
        retired.push({ ...key, notAfter: now + 1 })
        key = generateNoteSigner(key.name)
        return 'rotated'
      case 'checkpoint': {
        const { signer } = key
        const log = createLog({ store, tenant: 'default', signer, clock: current.clock })
        const { size, root, note, added } = await log.checkpoint()
        // The note itself shows which key signed: a head that an older key signed is not signed again.
        const by = [...retired, key].find(
          (candidate) => openNote(note ?? '', [candidate]).signedBy.length > 0,
        )
        if (added > 0) signed.push({ size, root, key: by?.publicKey ?? 'nobody', at: now })
        return `logged ${size}`
      }
      default:
        return carryOut(command, current.system, current.clock)
    }
  }

  return {
    carryOut: perform,
    run: (aggregateId) => store.get('default', aggregateId),
    payments: () => ({ paid: bank.paid.size, calls: effects.length }),
    world: async () => ({
      ...worldOf(store, effects),
      quietAnswers,
      busyAnswers: await answersOf(store, 'other'),
      signed,
      keys: [...retired, key].map(({ publicKey, notAfter }) => ({ key: publicKey, notAfter })),
    }),
  }
}

/** A bank whose caller dies before it hears the answer. */
function dyingBank(
  bank: ReturnType<typeof createBank>,
  when: 'before' | 'after',
  told: (answer: string) => void,
): Integration {
  const { pay } = bank.actions
  if (!pay) throw new TypeError('the bank cannot pay')
  return {
    ...bank,
    actions: {
      pay: {
        ...pay,
        async run(input, context) {
          if (when === 'after') await pay.run(input, context)
          told('died')
          return new Promise<never>(() => {})
        },
      },
    },
  }
}
