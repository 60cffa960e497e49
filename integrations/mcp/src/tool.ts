import type {
  CallToolResult,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from '@modelcontextprotocol/server'
import { isInputRequiredResult } from '@modelcontextprotocol/server'
import type { z } from 'zod'

import { described } from './described.ts'
import { faultOf, readInput } from './fault.ts'
import type { Session } from './session.ts'
import { notice } from './untrusted.ts'

export interface ToolOptions<Input extends z.ZodType> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Input
  readonly output: z.ZodType
  /** Whether it can change anything. */
  readonly changes?: boolean
  run(
    input: z.infer<Input>,
    session: Session,
    context: ServerContext,
  ): Promise<object | InputRequiredResult>
}

/** A tool of this server. */
export interface Tool {
  /** Whether it can change anything. */
  readonly changes: boolean
  register(server: McpServer, session: Session): void
}

/**
 * A tool whose input is checked strictly, and whose errors are results with our codes, so that a model can correct
 * itself.
 */
export function defineTool<Input extends z.ZodType>({
  name,
  title,
  description,
  input,
  output,
  changes = false,
  run,
}: ToolOptions<Input>): Tool {
  // Made once, because a server is made for every request.
  const shown = {
    title,
    description,
    inputSchema: described(input, 'input'),
    outputSchema: described(output, 'output'),
    annotations: {
      readOnlyHint: !changes,
      destructiveHint: changes,
      idempotentHint: true,
      openWorldHint: false,
    },
  }
  return {
    changes,
    register(server, session) {
      server.registerTool(name, shown, async (value, context) => {
        try {
          const result = await run(readInput(input, value), session, context)
          return isInputRequiredResult(result) ? result : answer(result)
        } catch (error) {
          const fault = faultOf(error, session.report)
          // Only as text: 1.x clients check the structured content of errors against the output schema.
          return {
            content: [{ type: 'text', text: JSON.stringify({ error: fault }) }],
            isError: true,
          }
        }
      })
    },
  }
}

function answer(data: object): CallToolResult {
  return {
    content: [
      { type: 'text', text: notice },
      { type: 'text', text: JSON.stringify(data) },
    ],
    structuredContent: { ...data },
  }
}
