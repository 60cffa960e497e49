import type { IncomingMessage, ServerResponse } from 'node:http'

import { Container } from '@n8n/di'
import { InstanceSettings, validateUrlSignature, WebhookContext } from 'n8n-core'
import {
  SEND_AND_WAIT_OPERATION,
  type IDataObject,
  type INode,
  type INodeExecutionData,
  type IRunExecutionData,
  type IWebhookData,
  type IWebhookFunctions,
  type IWebhookResponseData,
  type IWorkflowExecuteAdditionalData,
  type Workflow,
} from 'n8n-workflow'

export interface Frame {
  readonly workflow: Workflow
  readonly additionalData: IWorkflowExecuteAdditionalData
}

/** Does what n8n's WaitingWebhooks and prepareExecutionData do; true if the execution goes on with `data`. */
export async function callWaiting(
  { workflow, additionalData }: Frame,
  data: IRunExecutionData,
  request: IncomingMessage,
  response: ServerResponse,
  rawBody: Buffer,
): Promise<boolean> {
  const target = new URL(request.url ?? '/', `http://${request.headers.host}`)
  const suffix = decodeURIComponent(target.pathname.split('/')[3] ?? '')
  const isSendAndWait = Object.values(workflow.nodes).some(
    ({ id, parameters }) => id === suffix && parameters['operation'] === SEND_AND_WAIT_OPERATION,
  )
  const signature = target.searchParams.get('signature') ?? ''
  const { hmacSignatureSecret } = Container.get(InstanceSettings)
  if (!isSendAndWait || !validateUrlSignature(signature, target, hmacSignatureSecret)) {
    response.writeHead(401).end()
    return false
  }
  const entry = data.executionData?.nodeExecutionStack[0]
  const node = workflow.getNode(data.resultData.lastNodeExecuted ?? '')
  const hook = node && workflow.nodeTypes.getByNameAndVersion(node.type).description.webhooks?.[0]
  // The path of the webhook is the id of its node.
  if (!entry || !node || node.id !== suffix || hook?.httpMethod !== request.method) {
    response.writeHead(404).end()
    return false
  }
  entry.node.disabled = true
  data.waitTill = undefined
  if (entry.node.type.endsWith('HitlTool')) entry.node.rewireOutputLogTo = 'ai_tool'
  const answer = await call(workflow, node, additionalData, request, response, rawBody, data)
  if (answer.noWebhookResponse || !answer.workflowData) return false
  entry.data['main'] = answer.workflowData
  entry.metadata = { ...entry.metadata, forwardAllOutputs: true }
  return true
}

/** Calls a workflow's own webhook; returns the items to start the workflow with, if any. */
export async function callTrigger(
  { workflow, additionalData }: Frame,
  request: IncomingMessage,
  response: ServerResponse,
  rawBody: Buffer,
): Promise<{ data: INodeExecutionData[][] | undefined; staticData: IDataObject }> {
  const node = Object.values(workflow.nodes).find(({ webhookId }) => webhookId !== undefined)
  if (!node) throw new Error('The workflow has no trigger.')
  const answer = await call(workflow, node, additionalData, request, response, rawBody)
  return {
    data: answer.noWebhookResponse ? undefined : (answer.workflowData as INodeExecutionData[][]),
    staticData: workflow.staticData,
  }
}

async function call(
  workflow: Workflow,
  node: INode,
  additionalData: IWorkflowExecuteAdditionalData,
  request: IncomingMessage,
  response: ServerResponse,
  rawBody: Buffer,
  data?: IRunExecutionData,
): Promise<IWebhookResponseData> {
  const type = workflow.nodeTypes.getByNameAndVersion(node.type)
  const description = type.description.webhooks?.[0]
  const frame = {
    ...additionalData,
    httpRequest: Object.assign(request, { rawBody, readRawBody: async () => undefined }),
    httpResponse: expressLike(response),
  } as unknown as IWorkflowExecuteAdditionalData
  const hook = { webhookDescription: description, node: node.name } as unknown as IWebhookData
  const context = new WebhookContext(workflow, node, frame, 'webhook', hook, [], data ?? null)
  const answer = await type.webhook?.call(context as IWebhookFunctions)
  if (!answer) throw new Error('The node has no webhook.')
  if (!answer.noWebhookResponse)
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify(answer.webhookResponse))
  return answer
}

/** The two methods of Express that nodes answer with. */
function expressLike(response: ServerResponse): object {
  const like = {
    status(code: number) {
      response.statusCode = code
      return like
    },
    json(body: unknown) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
      return like
    },
  }
  return like
}
