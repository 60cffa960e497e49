import type { WorkflowClientInterceptor } from '@temporalio/client'
import { defaultPayloadConverter, type Headers } from '@temporalio/common'

import { signCaller, type Caller } from './caller-token.ts'
import { callerHeader } from './names.ts'

interface WorkflowStart {
  readonly headers: Headers
  readonly options: { readonly workflowId: string }
  readonly workflowType: string
}

/**
 * Signs the caller in every way in which a client can start a workflow; one without a signature would be a way around.
 */
export function signStarts(caller: Caller): WorkflowClientInterceptor {
  const signed = (headers: Headers, workflowId: string, workflowType: string): Headers => ({
    ...headers,
    [callerHeader]: defaultPayloadConverter.toPayload(
      signCaller(caller, { workflowId, workflowType }),
    ),
  })
  const started = <Input extends WorkflowStart>(input: Input): Input => ({
    ...input,
    headers: signed(input.headers, input.options.workflowId, input.workflowType),
  })
  return {
    startWithDetails: (input, next) => next(started(input)),
    signalWithStart: (input, next) => next(started(input)),
    startUpdateWithStart: (input, next) =>
      next({
        ...input,
        workflowStartHeaders: signed(
          input.workflowStartHeaders,
          input.workflowStartOptions.workflowId,
          input.workflowType,
        ),
      }),
  }
}
