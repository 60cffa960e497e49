import { sha256Hex } from '@loop-engine/core'

import type { Click, Submission } from './payloads.ts'

/** The identity of an event: the same if Slack, or anybody else, delivers the event again. */
export interface Delivery {
  readonly id: string
  readonly proof: Readonly<Record<string, string>>
}

export function deliveryOfClick({ team, user, container, actions, api_app_id }: Click): Delivery {
  const [{ action_id, action_ts }] = actions
  return deliveryOf({
    app: api_app_id,
    team: team?.id ?? user.team_id,
    user: user.id,
    channel: container.channel_id,
    messageTs: container.message_ts,
    action: action_id,
    actionTs: action_ts,
  })
}

/** A form that is sent again after a correction is a new delivery; a double click on its button is not. */
export function deliveryOfSubmission({ team, user, view, api_app_id }: Submission): Delivery {
  return deliveryOf({
    app: api_app_id,
    team: team?.id ?? user.team_id,
    user: user.id,
    view: view.id,
    callback: view.callback_id,
    values: sha256Hex(JSON.stringify(view.state.values)),
  })
}

function deliveryOf(ids: Readonly<Record<string, string | undefined>>): Delivery {
  const proof: Record<string, string> = {}
  for (const [name, id] of Object.entries(ids))
    if (id !== undefined) proof[name] = id.slice(0, 1024)
  return { id: sha256Hex(JSON.stringify(Object.entries(proof))), proof }
}
