import { guessedSecret, pageSecret } from '../inbound.ts'
import { store, type SeededBug } from './seeded-bug.ts'

export const delivery: readonly SeededBug[] = [
  {
    invariant: 21,
    what: 'the relay takes an event for delivered that the sink refused',
    sabotage: {
      sink: (sink) => ({
        ...sink,
        publish: async (events, context) => {
          if (events.some(({ sequence }) => Number(sequence) === 4)) return
          await sink.publish(events, context)
        },
      }),
    },
  },
  {
    invariant: 22,
    what: 'an event is delivered whose commit was rolled back',
    sabotage: {
      sink: (sink) => ({
        ...sink,
        publish: async (events, context) => {
          await sink.publish(events, context)
          if (events.some(({ subject }) => subject === 'b'))
            await sink.publish(
              events.map((event) => ({ ...event, id: '0'.repeat(64) })),
              context,
            )
        },
      }),
    },
  },
  {
    invariant: 23,
    what: 'one lane is delivered by several workers at once, in any order',
    sabotage: {
      sink: (sink) => {
        const held: Parameters<typeof sink.publish>[0][] = []
        return {
          ...sink,
          publish: async (events, context) => {
            if (events[0]?.subject !== 'c') return sink.publish(events, context)
            held.unshift(events)
            if (held.length === 2)
              for (const batch of held.splice(0)) await sink.publish(batch, context)
          },
        }
      },
    },
  },
  {
    invariant: 24,
    what: 'all lanes wait for a poisoned one',
    sabotage: store((inner) => {
      let poisoned = false
      return {
        ...inner,
        async claim(query) {
          const claims = await inner.claim(query)
          const ofPoisoned = claims.filter(({ aggregateId }) => aggregateId === 'poisoned')
          poisoned ||= ofPoisoned.length > 0
          return poisoned ? ofPoisoned : claims
        },
      }
    }),
  },
  {
    invariant: 25,
    what: 'the log is read with "id greater than the last one"',
    sabotage: store((inner) => ({
      ...inner,
      unlogged: async (...query) => (await inner.unlogged(...query)).filter(({ seq }) => seq !== 3),
    })),
  },
  {
    invariant: 26,
    what: 'the page on which people decide opens links that somebody else has sealed',
    sabotage: { page: { secrets: [pageSecret, guessedSecret] } },
  },
]
