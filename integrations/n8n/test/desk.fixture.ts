import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

import { parse, stringify } from 'flatted'
import { WorkflowExecute } from 'n8n-core'
import {
  createRunExecutionData,
  Workflow,
  type INodeExecutionData,
  type INodeTypes,
  type IRun,
  type IRunExecutionData,
  type IWorkflowBase,
} from 'n8n-workflow'

import { additionalDataOf, type Credential } from './additional-data.fixture.ts'
import { serve } from './serve.fixture.ts'
import { callWaiting, callTrigger, type Frame } from './webhooks.fixture.ts'

/** An execution as n8n stores it. */
interface Kept {
  status: IRun['status'] | 'running'
  waitTill: string | null
  readonly workflowData: IWorkflowBase
  data: string
}

interface Received {
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** The stored executions, which outlive the process. */
export type Database = Map<string, Kept>

export interface Desk {
  readonly url: string
  /** Runs a workflow until it ends or waits; returns the id of the execution. */
  run(workflow: IWorkflowBase, items?: INodeExecutionData[]): Promise<string>
  status(id: string): string
  waitTill(id: string): string | null
  /** The items at one of a node's outputs, in its latest run. */
  output(id: string, node: string, index?: number): unknown[]
  /** How often a node ran. */
  runs(id: string, node: string): number
  /** Does what n8n does when the time of a wait has passed. */
  timePasses(id: string): Promise<void>
  /** Waits until all work that webhooks began has ended. */
  idle(): Promise<void>
  activate(workflow: IWorkflowBase): void
  /** How many executions there were. */
  executions(): number
  /** The received calls of webhooks. */
  received(): readonly Received[]
  close(): Promise<void>
}

/** The parts of n8n around its engine: stores executions as text, and resumes them by HTTP. */
export async function openDesk(options: {
  readonly types: INodeTypes
  readonly credential: () => Credential
  readonly database: Database
  readonly port?: number
}): Promise<Desk> {
  const { types, credential, database, port = 0 } = options
  const active = new Map<string, IWorkflowBase>()
  const received: Received[] = []
  const working = new Set<Promise<void>>()
  const { url, close } = await serve((request, response) => void handle(request, response), port)

  const frameOf = (id: string | undefined, workflowData: IWorkflowBase): Frame => {
    const additionalData = additionalDataOf({
      baseUrl: url,
      executionId: id,
      workflowData,
      mode: 'webhook',
      credential,
    })
    return { workflow: new Workflow({ ...workflowData, nodeTypes: types }), additionalData }
  }
  const readData = (id: string): IRunExecutionData => parse(kept(id).data) as IRunExecutionData
  function kept(id: string): Kept {
    const found = database.get(id)
    if (found) return found
    throw new Error(`There is no execution ${id}.`)
  }

  async function execute(id: string, data: IRunExecutionData): Promise<void> {
    const execution = kept(id)
    execution.status = 'running'
    const { workflow, additionalData } = frameOf(id, execution.workflowData)
    const run: IRun = await new WorkflowExecute(
      additionalData,
      'webhook',
      data,
    ).processRunExecutionData(workflow)
    execution.data = stringify(run.data)
    execution.waitTill = run.waitTill ? new Date(run.waitTill).toISOString() : null
    execution.status = run.status
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rawBody = await buffer(request)
    received.push({
      url: `${url}${request.url}`,
      headers: webhookHeaders(request.headers),
      body: rawBody.toString(),
    })
    const [, kind, id = ''] = new URL(request.url ?? '/', url).pathname.split('/')
    if (kind === 'webhook') {
      const workflowData = active.get(id)
      if (!workflowData) return void response.writeHead(404).end()
      const started = await callTrigger(
        frameOf(undefined, workflowData),
        request,
        response,
        rawBody,
      )
      // Static data belongs to the workflow, and is saved with it.
      workflowData.staticData = started.staticData
      if (started.data) work(run(workflowData, started.data[0] ?? []).then(() => undefined))
      return
    }
    const execution = database.get(id)
    if (!execution) return void response.writeHead(404).end()
    if (execution.status === 'running') return void response.writeHead(409).end()
    if (execution.status !== 'waiting')
      return void response.writeHead(200).end('No action required')
    const data = readData(id)
    const frame = frameOf(id, execution.workflowData)
    if (await callWaiting(frame, data, request, response, rawBody)) work(execute(id, data))
  }

  function work(task: Promise<void>): void {
    const done = task.finally(() => working.delete(done))
    working.add(done)
  }

  async function run(workflowData: IWorkflowBase, items = [{ json: {} }]): Promise<string> {
    const id = String(database.size + 1)
    const { workflow } = frameOf(id, workflowData)
    const node = workflow.getStartNode() ?? Object.values(workflow.nodes)[0]
    if (!node) throw new Error('There is nothing to start with.')
    const data = createRunExecutionData({
      executionData: { nodeExecutionStack: [{ node, data: { main: [items] }, source: null }] },
    })
    database.set(id, { status: 'new', waitTill: null, workflowData, data: stringify(data) })
    await execute(id, data)
    return id
  }

  const runData = (id: string, node: string): IRunExecutionData['resultData']['runData'][string] =>
    readData(id).resultData.runData[node] ?? []

  return {
    url,
    run,
    status: (id) => kept(id).status,
    waitTill: (id) => kept(id).waitTill,
    output: (id, node, index = 0) =>
      (runData(id, node).at(-1)?.data?.['main']?.[index] ?? []).map(({ json }) => json),
    runs: (id, node) => runData(id, node).length,
    timePasses: (id) => execute(id, readData(id)),
    async idle() {
      while (working.size > 0) await Promise.all(working)
    },
    executions: () => database.size,
    received: () => received,
    activate: (workflow) => void active.set(workflow.id, workflow),
    close,
  }
}

function webhookHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const named = Object.entries(headers).filter(([name]) => /^webhook-|^content-type$/.test(name))
  return Object.fromEntries(named.map(([name, value]) => [name, String(value)]))
}
