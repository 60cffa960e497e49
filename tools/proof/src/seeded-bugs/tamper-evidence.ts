import type { StoredEntry } from '@loop-engine/core'

import { plans, store, type SeededBug } from './seeded-bug.ts'

export const tamperEvidence: readonly SeededBug[] = [
  {
    invariant: 27,
    what: 'a record is written in other words than it was hashed in',
    sabotage: plans((plan) => ({
      ...plan,
      entries: plan.entries.map((entry) =>
        entry.seq === 2
          ? { ...entry, body: entry.body.replace('agent:payer', 'agent:other') }
          : entry,
      ),
    })),
  },
  {
    invariant: 28,
    what: 'the log takes in other bytes than those of the record',
    sabotage: store((inner) => ({
      ...inner,
      unlogged: async (...range) =>
        (await inner.unlogged(...range)).map((entry) =>
          entry.seq === 2 ? { ...entry, body: `${entry.body} ` } : entry,
        ),
    })),
  },
  {
    invariant: 29,
    what: 'the store keeps records as parsed JSON and writes them anew',
    sabotage: store((inner) => {
      const anew = (entry: StoredEntry): StoredEntry => ({
        ...entry,
        body: JSON.stringify(JSON.parse(entry.body), null, 1),
      })
      return {
        ...inner,
        entries: async (...range) => (await inner.entries(...range)).map(anew),
        unlogged: async (...range) => (await inner.unlogged(...range)).map(anew),
      }
    }),
  },
  {
    invariant: 30,
    what: 'an erasure is recorded but deletes nothing',
    sabotage: plans(({ erase: _, ...plan }) => plan),
  },
  {
    invariant: 31,
    what: 'a key that was changed goes on signing',
    sabotage: { signer: ({ notAfter: _, ...signer }) => signer },
  },
  {
    invariant: 36,
    what: 'a store is compared with the checkpoint in it, which is restored along with it',
    sabotage: {
      startCheck:
        (check) =>
        async ({ store, tenant, checkpoint: { keys } }) => {
          const { note } = await store.logHead(tenant)
          return check({ store, tenant, checkpoint: { note: note ?? '', keys } })
        },
    },
  },
]
