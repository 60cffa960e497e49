export interface Order {
  readonly id: string
  readonly amount: number
}

/** The activities. Here they only say what they would do. */
export const activities = {
  charge: async ({ amount }: Order): Promise<string> => `charged ${amount}`,
  ship: async ({ id }: Order): Promise<string> => `shipped ${id}`,
}

/** Which activities and gates need whose approval: all that a worker needs besides the plugin. */
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
