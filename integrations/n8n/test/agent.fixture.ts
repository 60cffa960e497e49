import {
  NodeConnectionTypes,
  type EngineRequest,
  type EngineResponse,
  type IDataObject,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
} from 'n8n-workflow'

interface Tool {
  readonly name: string
  readonly metadata: { readonly sourceNodeName: string; readonly gatedToolNodeName?: string }
}

interface Plan {
  readonly hitl?: {
    readonly gatedToolNodeName: string
    readonly toolName: string
    readonly originalInput: IDataObject
  }
}

/**
 * An agent without a model: it calls its first tool as its parameter `calls` says. It asks the engine for a call, and
 * treats the answer of a gate, as n8n's agent does (createEngineRequests, processHitlResponses).
 */
export const agent: INodeType = {
  description: {
    displayName: 'Agent',
    name: 'agent',
    group: ['transform'],
    version: 1,
    description: 'An agent of tests',
    defaults: { name: 'Agent' },
    inputs: [NodeConnectionTypes.Main, NodeConnectionTypes.AiTool],
    outputs: [NodeConnectionTypes.Main],
    properties: [
      { displayName: 'Calls', name: 'calls', type: 'json', default: '={{ $json.chatInput }}' },
    ],
  },
  async execute(
    this: IExecuteFunctions,
    response?: EngineResponse,
  ): Promise<INodeExecutionData[][] | EngineRequest> {
    if (!response || response.actionResponses.length === 0) return plan(this)
    const gated = (response.actionResponses as Answered[]).filter(
      ({ action }) => action.metadata.hitl,
    )
    const approved = gated.filter((answered) => isApproved(jsonOf(answered)))
    if (approved.length === 0)
      return [[{ json: { answers: response.actionResponses.map((it) => jsonOf(it as Answered)) } }]]
    return {
      metadata: {},
      actions: approved.map(({ action }) => ({
        actionType: 'ExecutionNodeAction' as const,
        nodeName: action.metadata.hitl?.gatedToolNodeName ?? '',
        input: { tool: action.metadata.hitl?.toolName, ...action.metadata.hitl?.originalInput },
        type: NodeConnectionTypes.AiTool,
        id: action.id,
        metadata: { itemIndex: 0, parentNodeName: action.nodeName },
      })),
    }
  },
}

async function plan(context: IExecuteFunctions): Promise<EngineRequest> {
  const connected = await context.getInputConnectionData(NodeConnectionTypes.AiTool, 0)
  const tools = [connected]
    .flat(2)
    .flatMap((it) => (it as { tools?: Tool[] }).tools ?? (it as Tool))
  const [tool] = tools
  if (!tool) throw new Error('The agent has no tool.')
  const calls = JSON.parse(context.getNodeParameter('calls', 0) as string) as IDataObject[]
  const { sourceNodeName, gatedToolNodeName } = tool.metadata
  return {
    metadata: {},
    actions: calls.map((originalInput, index) => ({
      actionType: 'ExecutionNodeAction' as const,
      nodeName: sourceNodeName,
      input: gatedToolNodeName ? { toolParameters: originalInput, tool: tool.name } : originalInput,
      type: NodeConnectionTypes.AiTool,
      id: `call-${index}`,
      metadata: {
        itemIndex: 0,
        ...(gatedToolNodeName && {
          hitl: { gatedToolNodeName, toolName: tool.name, originalInput },
        }),
      },
    })),
  }
}

interface Answered {
  readonly action: { readonly id: string; readonly nodeName: string; readonly metadata: Plan }
  readonly data: { readonly data?: { readonly ai_tool?: INodeExecutionData[][] } }
}

function jsonOf({ data }: Answered): IDataObject | undefined {
  return data.data?.ai_tool?.[0]?.[0]?.json
}

function isApproved(json: IDataObject | undefined): boolean {
  if (typeof json?.['approved'] === 'boolean') return json['approved']
  return (json?.['data'] as IDataObject | undefined)?.['approved'] === true
}
