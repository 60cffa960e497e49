import { createLoopSystem } from '@loop-engine/sdk'
import { LoopBuilder } from '@loop-engine/sdk'

// oxfmt-ignore
const approval = LoopBuilder
.create('expense.approval', 'finance')
.state('SUBMITTED')
.state('APPROVED', { isTerminal: true })
.state('REJECTED', { isTerminal: true })
.initialState('SUBMITTED')
.transition({ id: 'approve', from: 'SUBMITTED', to: 'APPROVED', actors: ['human'] })
.transition({ id: 'reject', from: 'SUBMITTED', to: 'REJECTED', actors: ['human'] })
.outcome({ id: 'expense_approved', valueUnit: 'expense_approved', description: 'Expense approved', measurable: true })
.build()

/** A bot tries to approve and is refused; Alice approves. Both attempts are on record. */
export async function run(): Promise<string[]> {
  // In production: `store: createSqliteStore({ path: 'loops.db' })` keeps the record.
  const system = await createLoopSystem({ loops: [approval] })
  const { engine } = system
  const aggregateId = 'EXP-1'
  const evidence = { amount: 120, reason: 'Train to the customer' }

  await engine.start({
    loopId: approval.id,
    aggregateId,
    actor: { type: 'automation', id: 'system:intake' },
  })
  const approve = { aggregateId, transitionId: 'approve', evidence }
  await engine.transition({ ...approve, actor: { type: 'ai-agent', id: 'agent:expenses' } })
  await engine.transition({ ...approve, actor: { type: 'human', id: 'alice' } })

  const history = await Array.fromAsync(engine.history({ aggregateId }))
  await system.close()
  return history.map(({ entry }) => `${entry.seq} ${entry.type} by ${entry.actor.id}`)
}

if (import.meta.main) console.log((await run()).join('\n'))
