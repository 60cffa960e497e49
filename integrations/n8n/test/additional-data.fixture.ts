import { ExecutionLifecycleHooks } from 'n8n-core'
import {
  type ICredentialDataDecryptedObject,
  type ICredentialsHelper,
  type IHttpRequestOptions,
  type INode,
  type IWorkflowBase,
  type IWorkflowExecuteAdditionalData,
  type Workflow,
  type WorkflowExecuteMode,
} from 'n8n-workflow'

import { LoopEngineApi } from '../credentials/LoopEngineApi.credentials.ts'

export interface Credential {
  readonly url: string
  readonly apiKey: string
  readonly signingSecret: string
}

export interface ExecutionFrame {
  readonly baseUrl: string
  readonly executionId: string | undefined
  readonly workflowData: IWorkflowBase
  readonly mode: WorkflowExecuteMode
  readonly credential: () => Credential
}

/** What n8n hands to its engine with each execution, as far as nodes can see it. */
export function additionalDataOf({
  baseUrl,
  executionId,
  workflowData,
  mode,
  credential,
}: ExecutionFrame): IWorkflowExecuteAdditionalData {
  const data = {
    credentialsHelper: credentialsOf(credential),
    executionId,
    workflowId: workflowData.id,
    currentNodeExecutionIndex: 0,
    hooks: new ExecutionLifecycleHooks(mode, executionId ?? '', workflowData),
    instanceBaseUrl: baseUrl,
    restApiUrl: `${baseUrl}/rest`,
    webhookBaseUrl: `${baseUrl}/webhook`,
    webhookTestBaseUrl: `${baseUrl}/webhook-test`,
    webhookWaitingBaseUrl: `${baseUrl}/webhook-waiting`,
    formWaitingBaseUrl: `${baseUrl}/form-waiting`,
    variables: {},
    logAiEvent: () => undefined,
    setExecutionStatus: () => undefined,
    getRunExecutionData: async () => undefined,
  }
  return data as unknown as IWorkflowExecuteAdditionalData
}

function credentialsOf(credential: () => Credential): ICredentialsHelper {
  const helper = {
    getParentTypes: () => [],
    isCredentialUsableByNode: () => true,
    getCredentialsProperties: () => new LoopEngineApi().properties,
    getDecrypted: async () => ({ ...credential() }),
    preAuthentication: async () => undefined,
    runPreAuthentication: async () => undefined,
    // Resolves the declarations of the credential type as n8n does.
    async authenticate(
      data: ICredentialDataDecryptedObject,
      _type: string,
      options: IHttpRequestOptions,
      workflow: Workflow,
      node: INode,
    ): Promise<IHttpRequestOptions> {
      const { properties } = new LoopEngineApi().authenticate
      const resolved = Object.entries(properties.headers ?? {}).map(([name, value]) => [
        name,
        workflow.expression.getSimpleParameterValue(node, value as string, 'internal', {
          $credentials: data,
        }),
      ])
      return { ...options, headers: { ...options.headers, ...Object.fromEntries(resolved) } }
    },
  }
  return helper as unknown as ICredentialsHelper
}
