import { attribution, createWorld } from './world.ts'

/** The server of the bench, in a process of its own: 2,000 requests wait, and runs that can be worked on. */
const waiting = Number(process.argv[2] ?? 2000)
const busy = 100

const world = await createWorld()
const { engine } = world.server.system
const program = { type: 'automation', id: 'program:shop' } as const
const agent = { type: 'ai-agent', id: 'agent:refunds', ...attribution } as const

for (let from = 0; from < waiting; from += 100)
  await Promise.all(
    Array.from({ length: Math.min(100, waiting - from) }, async (_, index) => {
      const aggregateId = `order-${from + index}`
      await engine.start({ loopId: 'refund', aggregateId, actor: program })
      await engine.transition({ aggregateId, transitionId: 'review', actor: agent })
      const evidence = { amount: 120, customer: `c-${index}`, why: 'Arrived broken.' }
      await engine.transition({ aggregateId, transitionId: 'pay', actor: agent, evidence })
    }),
  )
for (let index = 0; index < busy; index++)
  await engine.start({ loopId: 'refund', aggregateId: `busy-${index}`, actor: program })

process.on('message', () => void world.close().then(() => process.exit()))
process.send?.({
  url: world.url,
  links: Array.from({ length: 20 }, (_, index) => world.link(`reviewer-${index}`, ['finance'])),
  key: world.keyOf('automation', 'program:load'),
})
