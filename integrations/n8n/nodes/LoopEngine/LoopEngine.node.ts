import {
  NodeApiError,
  NodeConnectionTypes,
  NodeOperationError,
  type IDataObject,
  type IExecuteFunctions,
  type INodeExecutionData,
  type INodeType,
  type INodeTypeDescription,
} from 'n8n-workflow'

import { createCommandKeys } from '../../lib/command-key.ts'
import { operations } from './operations.ts'
import { approvalProperties, runProperties } from './properties.ts'

export class LoopEngine implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'Loop Engine',
    name: 'loopEngine',
    icon: {
      light: 'file:../../icons/loop-engine.svg',
      dark: 'file:../../icons/loop-engine.dark.svg',
    },
    group: ['transform'],
    version: 1,
    subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
    description: 'Start governed runs, attempt their transitions, and read them',
    defaults: { name: 'Loop Engine' },
    usableAsTool: true,
    inputs: [NodeConnectionTypes.Main],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'loopEngineApi', required: true }],
    properties: [
      {
        displayName: 'Resource',
        name: 'resource',
        type: 'options',
        noDataExpression: true,
        options: [
          { name: 'Approval', value: 'approval' },
          { name: 'Run', value: 'run' },
        ],
        default: 'run',
      },
      {
        displayName: 'Operation',
        name: 'operation',
        type: 'options',
        noDataExpression: true,
        displayOptions: { show: { resource: ['run'] } },
        options: [
          {
            name: 'Attempt a Transition',
            value: 'transition',
            action: 'Attempt a transition of a run',
            description: 'Ask for a transition; guards and people judge it',
          },
          {
            name: 'Find',
            value: 'find',
            action: 'Find runs',
            description: 'List runs, oldest first',
          },
          {
            name: 'Get',
            value: 'get',
            action: 'Get a run',
            description: 'Get the open run of a business key, or else its newest run',
          },
          {
            name: 'List Available Transitions',
            value: 'available',
            action: 'List available transitions of a run',
            description:
              'List the transitions from the current state, and why some are not allowed; records nothing',
          },
          { name: 'Start', value: 'start', action: 'Start a run', description: 'Start a run' },
        ],
        default: 'transition',
      },
      {
        displayName: 'Operation',
        name: 'operation',
        type: 'options',
        noDataExpression: true,
        displayOptions: { show: { resource: ['approval'] } },
        options: [
          {
            name: 'Decide',
            value: 'decide',
            action: 'Decide on an approval request',
            description: 'Hand over a decision; the credential must be the token of a person',
          },
        ],
        default: 'decide',
      },
      ...runProperties,
      ...approvalProperties,
    ],
  }

  async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
    const keys = createCommandKeys(this)
    const output: INodeExecutionData[] = []
    let hasFailed = false
    for (const [item] of this.getInputData().entries()) {
      try {
        const resource = String(this.getNodeParameter('resource', item))
        const name = String(this.getNodeParameter('operation', item))
        const operation = operations[`${resource}:${name}`]
        if (!operation)
          throw new NodeOperationError(this.getNode(), `There is no operation ${name}.`)
        for (const json of await operation(this, item, keys))
          output.push({ json: json as IDataObject, pairedItem: { item } })
      } catch (error) {
        if (!this.continueOnFail()) throw asNodeError(this, error, item)
        hasFailed = true
        const { message } = asNodeError(this, error, item)
        output.push({ json: { error: message }, pairedItem: { item } })
      }
    }
    // n8n also retries a node that went on with errors.
    if (!hasFailed) keys.done()
    return [output]
  }
}

function asNodeError(
  context: IExecuteFunctions,
  error: unknown,
  itemIndex: number,
): NodeApiError | NodeOperationError {
  if (error instanceof NodeApiError || error instanceof NodeOperationError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  return new NodeOperationError(context.getNode(), cause, { itemIndex })
}
