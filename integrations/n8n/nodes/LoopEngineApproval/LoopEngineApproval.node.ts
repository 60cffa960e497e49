import {
  NodeConnectionTypes,
  NodeOperationError,
  SEND_AND_WAIT_OPERATION,
  WAIT_INDEFINITELY,
  type IDataObject,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
} from 'n8n-workflow'

import { createCommandKeys } from '../../lib/command-key.ts'
import { isTool } from '../../lib/is-tool.ts'
import { outcomeForTool, outcomeOfAttempt, type Outcome } from '../../lib/outcome.ts'
import { hearCallback } from './hear-callback.ts'
import { openApproval } from './open-approval.ts'
import { approvalProperties } from './properties.ts'
import { waitFor } from './waiting-for.ts'

/** Named here because there is nothing to register elsewhere: the URL goes along with each request. */
const resumeWebhooks: IWebhookDescription[] = [
  {
    name: 'default',
    httpMethod: 'POST',
    responseMode: 'onReceived',
    // Without it n8n replaces what the webhook answers.
    responseData: '',
    path: '={{ $nodeId }}',
    restartWebhook: true,
    isFullPath: true,
  },
]

export class LoopEngineApproval implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Loop Engine Approval',
    name: 'loopEngineApproval',
    icon: {
      light: 'file:../../icons/loop-engine.svg',
      dark: 'file:../../icons/loop-engine.dark.svg',
    },
    group: ['transform'],
    version: 1,
    subtitle: '={{ $parameter["transition"] }}',
    description: 'Ask people through Loop Engine, and wait for as long as they take',
    defaults: { name: 'Loop Engine Approval' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    // In this order: whatever makes n8n go on without a decision goes on at the first.
    outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
    outputNames: ['Not Approved', 'Approved'],
    credentials: [{ name: 'loopEngineApi', required: true }],
    webhooks: resumeWebhooks,
    waitingNodeTooltip: 'People are deciding in Loop Engine',
    properties: [
      {
        displayName: 'Operation',
        name: 'operation',
        type: 'options',
        noDataExpression: true,
        options: [
          {
            name: 'Send and Wait for Approval',
            value: SEND_AND_WAIT_OPERATION,
            action: 'Send and wait for approval',
            description: 'Open an approval request and wait until it is closed',
          },
        ],
        default: SEND_AND_WAIT_OPERATION,
      },
      ...approvalProperties,
    ],
  }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    if (this.getInputData().length > 1)
      throw new NodeOperationError(this.getNode(), 'One request is about one item.', {
        description: 'Put Loop Over Items before this node: nobody would have seen the others.',
      })
    // Before anybody is asked: what cannot be noted cannot be waited for.
    waitFor(this, 'opening')
    const keys = createCommandKeys(this)
    const result = await openApproval(this, keys)
    keys.done()
    if (result.status !== 'pending_approval') return route(this, outcomeOfAttempt(result))
    waitFor(this, result.approvalId)
    // n8n disables the node of this entry of its stack to resume it. Other calls that stand there share that object, and
    // would pass unseen.
    const entry = this.getExecuteData()
    entry.node = { ...entry.node }
    // Never a date: when it had passed n8n would go on as if nothing was the matter. The server says `expired`.
    await this.putExecutionToWait(WAIT_INDEFINITELY)
    // n8n drops this: what comes out is what the webhook gives. A timer could let it out, at Not Approved.
    return [[{ json: { approved: false, outcome: 'pending' }, pairedItem: { item: 0 } }]]
  }

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const heard = await hearCallback(this)
    if (!('outcome' in heard)) {
      const { status, reason } = heard
      this.getResponseObject().status(status).json({ resumed: false, reason })
      return { noWebhookResponse: true }
    }
    return {
      webhookResponse: { resumed: true, outcome: heard.outcome.outcome },
      workflowData: route(this, heard.outcome),
    }
  }
}

/** An agent's tool has one output, where the agent reads `data.approved`. */
function route(
  context: Pick<IExecuteFunctions, 'getNode'>,
  outcome: Outcome,
): INodeExecutionData[][] {
  const toTool = isTool(context)
  const json = (toTool ? outcomeForTool(outcome) : outcome) as unknown as IDataObject
  const items = [{ json, pairedItem: { item: 0 } }]
  if (toTool) return [items]
  return outcome.approved ? [[], items] : [items, []]
}
