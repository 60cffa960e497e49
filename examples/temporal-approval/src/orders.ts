export interface Order {
  readonly id: string
  readonly amount: number
}

/** The systems that act; here they only say so. */
export const activities = {
  charge: async ({ amount }: Order): Promise<string> => `charged ${amount}`,
  ship: async ({ id }: Order): Promise<string> => `shipped ${id}`,
}

/** Who may run what: the only thing that is added to a worker. */
export const policies = {
  activities: {
    charge: {
      approval: {
        when: 'evidence.input.amount > 100',
        reviewers: ['role:finance'],
        expiresIn: '2d',
      },
    },
  },
  gates: {
    'export-control': { approval: { reviewers: ['role:customs'], expiresIn: '7d' } },
  },
} as const
