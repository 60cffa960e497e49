import { readFileSync } from 'node:fs'
import { join } from 'node:path'

interface Node {
  readonly name: string
  readonly type: string
}

/** The template with the credential picked, and with a real request as the node "Pay it back". */
export function refundWorkflow(bank: string): object {
  const file = join(import.meta.dirname, '../templates/approve-a-refund.json')
  const template = JSON.parse(readFileSync(file, 'utf8')) as { nodes: Node[] }
  const nodes = template.nodes.map((node) => {
    if (node.type.startsWith('n8n-nodes-loop-engine.'))
      return { ...node, credentials: { loopEngineApi: { id: 'loopEngine1', name: 'Loop Engine' } } }
    if (node.name !== 'Pay it back') return node
    const body = '={{ JSON.stringify({ order: $json.aggregateId, outcome: $json.outcome }) }}'
    const parameters = {
      method: 'POST',
      url: bank,
      sendBody: true,
      specifyBody: 'json',
      jsonBody: body,
      options: {},
    }
    return { ...node, type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, parameters }
  })
  return { ...template, nodes, id: 'approveARefund01', active: false }
}
