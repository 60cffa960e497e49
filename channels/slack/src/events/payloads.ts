import { z } from 'zod'

/** The fields of Slack's interactive payloads that are read; all others are ignored. */

const sender = {
  api_app_id: z.string().optional(),
  team: z.object({ id: z.string() }).nullish(),
  user: z.object({ id: z.string().min(1).max(64), team_id: z.string().optional() }),
}

export const clickSchema = z.object({
  type: z.literal('block_actions'),
  ...sender,
  trigger_id: z.string(),
  container: z.object({ channel_id: z.string().optional(), message_ts: z.string().optional() }),
  actions: z.tuple(
    [
      z.object({
        action_id: z.string(),
        value: z.string().max(2000).optional(),
        action_ts: z.string().max(64),
      }),
    ],
    z.unknown(),
  ),
})
export type Click = z.infer<typeof clickSchema>

const inputSchema = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
})

export const submissionSchema = z.object({
  type: z.literal('view_submission'),
  ...sender,
  view: z.object({
    id: z.string().max(64),
    callback_id: z.string(),
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), inputSchema)) }),
  }),
})
export type Submission = z.infer<typeof submissionSchema>

/** What was typed or picked, by block; null for an empty input. */
export function typedOf({ view }: Submission): ReadonlyMap<string, string | null> {
  return new Map(
    Object.entries(view.state.values).map(([block, inputs]) => {
      const input = Object.values(inputs)[0]
      return [block, input?.selected_option?.value ?? input?.value ?? null]
    }),
  )
}
