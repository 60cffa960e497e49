import type { INode, INodeParameters, IWorkflowBase } from 'n8n-workflow'

import { packageName } from './node-types.fixture.ts'

const credentials = { loopEngineApi: { id: '1', name: 'Loop Engine' } }

export function nodeOf(name: string, type: string, parameters: INodeParameters = {}): INode {
  return {
    id: `id-of-${name}`,
    name,
    type: type.includes('.') ? type : `${packageName}.${type}`,
    typeVersion: 1,
    position: [0, 0],
    parameters,
    ...(type.includes('.') ? {} : { credentials }),
  }
}

export function workflowOf(
  nodes: INode[],
  connections: IWorkflowBase['connections'],
): IWorkflowBase {
  return {
    id: 'workflow',
    name: 'workflow',
    active: true,
    isArchived: false,
    activeVersionId: null,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    settings: { executionOrder: 'v1' },
    nodes,
    connections,
  }
}

export const to = (node: string): { node: string; type: 'main'; index: number } => ({
  node,
  type: 'main',
  index: 0,
})

/** A workflow that starts, asks for approval, and has one node behind each output. */
export function approvalWorkflow(parameters: INodeParameters): IWorkflowBase {
  return workflowOf(
    [
      nodeOf('Start', 'test.start'),
      nodeOf('Ask', 'loopEngineApproval', { operation: 'sendAndWait', ...parameters }),
      nodeOf('No', 'test.pass'),
      nodeOf('Yes', 'test.pass'),
    ],
    { Start: { main: [[to('Ask')]] }, Ask: { main: [[to('No')], [to('Yes')]] } },
  )
}
