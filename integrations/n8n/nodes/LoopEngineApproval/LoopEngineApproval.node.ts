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

/** A variable of its own, because there is nothing to register elsewhere: each request carries the URL. */
const resumeWebhooks: IWebhookDescription[] = [
  {
    name: 'default',
    httpMethod: 'POST',
    responseMode: 'onReceived',
    // Without this property n8n replaces the answer of the webhook.
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
    // In this order, because n8n goes on at the first output if anything makes it go on without a decision.
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
      throw new NodeOperationError(this.getNode(), 'A request can be about one item only.', {
        description:
          'Put Loop Over Items before this node: reviewers would not see the other items.',
      })
    // Before anybody is asked, because a request that cannot be noted cannot be waited for.
    waitFor(this, 'opening')
    const keys = createCommandKeys(this)
    const result = await openApproval(this, keys)
    keys.done()
    if (result.status !== 'pending_approval') return route(this, outcomeOfAttempt(result))
    waitFor(this, result.approvalId)
    // To resume this execution, n8n disables the node object of its stack entry. Other calls on the stack share that
    // object, and would be skipped unseen; so this entry gets its own copy.
    const entry = this.getExecuteData()
    entry.node = { ...entry.node }
    // Never until a date, because n8n would go on once it has passed. The server reports `expired` instead.
    await this.putExecutionToWait(WAIT_INDEFINITELY)
    // n8n drops this output and takes that of the webhook. If a timer resumes it, it comes out at Not Approved.
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

/** Picks the output. A tool of an agent has only one, in which the agent reads `data.approved`. */
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
