import {
  NodeConnectionTypes,
  type IExecuteFunctions,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow'

import { agent } from './agent.fixture.ts'

/** Small nodes that stand in for the other nodes of a workflow. */
export const helperNodes: Readonly<Record<string, INodeType>> = {
  'test.start': node({ inputs: [] }, async (context) => [context.getInputData()]),
  'test.pass': node({}, async (context) => [context.getInputData()]),
  'test.agent': agent,
  // In the place of the other nodes that templates use.
  'n8n-nodes-base.webhook': node({ inputs: [] }, async (context) => [context.getInputData()]),
  'n8n-nodes-base.noOp': node({}, async (context) => [context.getInputData()]),
  '@n8n/n8n-nodes-langchain.chatTrigger': node({ inputs: [] }, async (context) => [
    context.getInputData(),
  ]),
  '@n8n/n8n-nodes-langchain.agent': agent,
  '@n8n/n8n-nodes-langchain.lmChatOpenAi': node({ inputs: [] }, async () => [[]]),
  'n8n-nodes-base.httpRequestTool': node(
    {
      name: 'httpRequestTool',
      inputs: [],
      outputs: [NodeConnectionTypes.AiTool],
      properties: [{ displayName: 'Body', name: 'jsonBody', type: 'json', default: '{}' }],
    },
    async (context) => [[{ json: { posted: context.getNodeParameter('jsonBody', 0) as string } }]],
  ),
  // A tool that an agent may call; it returns its input.
  'test.moneyTool': node(
    {
      name: 'moneyTool',
      inputs: [],
      outputs: [NodeConnectionTypes.AiTool],
      properties: [{ displayName: 'Amount', name: 'amount', type: 'number', default: 0 }],
    },
    async (context) => [[{ json: { paid: context.getNodeParameter('amount', 0) as number } }]],
  ),
}

function node(
  change: Partial<INodeTypeDescription>,
  execute: (context: IExecuteFunctions) => ReturnType<NonNullable<INodeType['execute']>>,
): INodeType {
  return {
    description: {
      displayName: 'Helper',
      name: 'helper',
      group: ['transform'],
      version: 1,
      description: 'A node of tests',
      defaults: { name: 'Helper' },
      inputs: [NodeConnectionTypes.Main],
      outputs: [NodeConnectionTypes.Main],
      properties: [],
      ...change,
    },
    async execute() {
      return execute(this)
    },
  }
}
