import { createLoopClient, type LoopClient } from '@loop-engine/client'

import { attribution, type World } from './world.ts'

export interface Scene {
  /** A run with everything: a blocked attempt, an edit, an approval, an effect. */
  readonly storied: string
  /** A request that waits, with a warning. */
  readonly waiting: string
}

/** A record that shows something on every page. */
export async function setScene(world: World): Promise<Scene> {
  const { program, agent } = world
  const dora = await personOf(world, 'dora')
  for (const [index, order] of ['order-1039', 'order-1040'].entries()) {
    const request = await dora.approvals.get(await world.ask(order))
    const decision = index === 0 ? ('approve' as const) : ('reject' as const)
    await dora.approvals.decide(request, { decision, reason: 'Seen before.' })
  }
  for (const order of ['order-1041', 'order-1042', 'order-1043'])
    await world.ask(order, { amount: 45, customer: 'c-11', why: 'Wrong size, sent back unworn.' })

  const storied = 'order-1044'
  await program.instances.start({ loopId: 'refund', aggregateId: storied })
  await agent.instances.transition(storied, { transition: 'review', attribution })
  const pay = { transition: 'pay', attribution }
  const evidence = { amount: 1800, customer: 'c-17', why: 'Arrived broken.' }
  await agent.instances.transition(storied, { ...pay, evidence })
  const asked = await agent.instances.transition(storied, {
    ...pay,
    evidence: { ...evidence, amount: 180 },
  })
  if (asked.status === 'pending_approval') {
    const request = await dora.approvals.get(asked.approvalId)
    await dora.approvals.decide(request, {
      decision: 'edit',
      edits: { ...evidence, amount: 150 },
      reason: 'Postage is not refunded.',
    })
  }
  const waiting = await world.ask('order-1045', {
    amount: 640,
    customer: 'new',
    why: 'The parcel never arrived, says the customer.',
    lines: [
      { sku: 'LAMP-2', quantity: 1, price: 590 },
      { sku: 'BULB-9', quantity: 5, price: 10 },
    ],
  })
  await program.stops.stop({
    target: { actorId: 'agent:pricing' },
    reason: 'It gave discounts that nobody approved.',
  })
  return { storied, waiting }
}

/** A person who uses the API as the console does: with a session. */
export async function personOf(world: World, id: string): Promise<LoopClient> {
  const opened = await fetch(`${world.url}/api/v1/session`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: world.url,
      'sec-fetch-site': 'same-origin',
    },
    body: JSON.stringify({ token: world.link(id, ['finance']).split('#token=')[1] }),
  })
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
  return createLoopClient({
    baseUrl: world.url,
    fetch: (target, init) =>
      fetch(target, {
        ...init,
        headers: { ...(init?.headers as Record<string, string>), cookie, origin: world.url },
      }),
  })
}
