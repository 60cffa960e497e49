import {
  NodeConnectionTypes,
  type IDataObject,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
} from 'n8n-workflow'

import { noteEvent, type SeenEvents } from '../../lib/seen-events.ts'
import { readSignedEvent } from '../../lib/signed-event.ts'
import { eventOptions, isWanted } from './event-types.ts'

/**
 * A variable of its own, because there is nothing to register: the operator of the server puts the URL in a webhook
 * sink.
 */
const eventWebhooks: IWebhookDescription[] = [
  { name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'events' },
]

export class LoopEngineTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Loop Engine Trigger',
    name: 'loopEngineTrigger',
    icon: {
      light: 'file:../../icons/loop-engine.svg',
      dark: 'file:../../icons/loop-engine.dark.svg',
    },
    group: ['trigger'],
    version: 1,
    subtitle: '={{ $parameter["events"].join(", ") }}',
    description: 'Starts the workflow when something happens in a loop',
    defaults: { name: 'Loop Engine Trigger' },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'loopEngineApi', required: true }],
    webhooks: eventWebhooks,
    properties: [
      {
        displayName:
          'Let a webhook sink of the server send events to the production URL above, signed with the secret of the credential.',
        name: 'notice',
        type: 'notice',
        default: '',
      },
      {
        displayName: 'Events',
        name: 'events',
        type: 'multiOptions',
        options: eventOptions,
        required: true,
        default: ['loop.approval.requested'],
      },
      {
        displayName: 'Loop IDs',
        name: 'loopIds',
        type: 'string',
        default: '',
        placeholder: 'e.g. refund, payout',
        description:
          'Only events of these loops, separated by commas; if empty, events of all loops',
      },
    ],
  }

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const { verified, event } = await readSignedEvent(this)
    if (!verified.ok || !event) {
      const reason = verified.ok ? 'no_event' : verified.reason
      this.getResponseObject()
        .status(verified.ok ? 400 : 401)
        .json({ taken: false, reason })
      return { noWebhookResponse: true }
    }
    const wanted = this.getNodeParameter('events', []) as string[]
    const loops = listOf(this.getNodeParameter('loopIds', ''))
    if (!isWanted(event['type'], wanted) || (loops.length > 0 && !loops.includes(loopOf(event))))
      return { webhookResponse: { taken: false, reason: 'not_asked_for' } }
    // The sender repeats an event that got no answer, and anybody who recorded a call can send it again.
    const memory = this.getWorkflowStaticData('node')
    const seen = (memory['seen'] ?? {}) as SeenEvents
    const isNew = noteEvent(seen, verified.id, Date.now())
    memory['seen'] = seen
    if (!isNew) return { webhookResponse: { taken: false, reason: 'seen_before' } }
    return { webhookResponse: { taken: true }, workflowData: [[{ json: event }]] }
  }
}

/** The loop id in the source `urn:loop-engine:<tenant>:<loop>`, whose parts are URI-encoded. */
function loopOf(event: IDataObject): string {
  const { source } = event
  return typeof source === 'string' ? decodeURIComponent(source.split(':').at(-1) ?? '') : ''
}

function listOf(value: unknown): readonly string[] {
  return String(value)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
