import { LoopError } from '@loop-engine/core'
import { renderTimeline, timelineOf } from '@loop-engine/sdk'
import {
  ResourceTemplate,
  type McpServer,
  type ReadResourceResult,
  type Variables,
} from '@modelcontextprotocol/server'

import { readInput } from './fault.ts'
import { asProtocolError } from './protocol-error.ts'
import { aggregateIdSchema } from './schemas.ts'
import { runOf, type Session } from './session.ts'
import { notice } from './untrusted.ts'

type Contents = { readonly mimeType: string; readonly text: string }

const maxDefinitions = 100
const maxEntries = 100
const maxDefinitionLength = 256 * 1024

export function definitionUri(loopId: string): string {
  return `loop-engine://loops/${encodeURIComponent(loopId)}`
}

/** Registers definitions as JSON resources, and the newest entries of a run as a text resource. */
export function registerResources(server: McpServer, session: Session): void {
  const reading =
    (read: (variables: Variables) => Promise<Contents>) =>
    async (uri: URL, variables: Variables): Promise<ReadResourceResult> => {
      try {
        return { contents: [{ uri: uri.href, ...(await read(variables)) }] }
      } catch (error) {
        throw asProtocolError(error, session, uri.href)
      }
    }

  server.registerResource(
    'definition',
    new ResourceTemplate('loop-engine://loops/{loopId}', {
      list: () => ({ resources: listDefinitions(session) }),
    }),
    {
      title: 'Definition of a loop',
      description: 'States, transitions, guards and approval policies.',
      mimeType: 'application/json',
    },
    reading(({ loopId }) => readDefinition(session, decoded(loopId))),
  )
  server.registerResource(
    'timeline',
    new ResourceTemplate('loop-engine://runs/{aggregateId}/timeline', { list: undefined }),
    {
      title: 'Timeline of a run',
      description: `Its newest ${maxEntries} entries as sentences.`,
      mimeType: 'text/plain',
    },
    reading(({ aggregateId }) => readTimeline(session, decoded(aggregateId))),
  )
}

function listDefinitions({ loops }: Session): { uri: string; name: string; mimeType: string }[] {
  return [...loops.keys()].slice(0, maxDefinitions).map((loopId) => ({
    uri: definitionUri(loopId),
    name: loopId,
    mimeType: 'application/json',
  }))
}

async function readDefinition({ loops }: Session, loopId: string): Promise<Contents> {
  const known = loops.get(loopId)
  if (!known) throw new LoopError('not_found', 'There is no such loop.')
  const text = JSON.stringify(known.loop)
  if (text.length > maxDefinitionLength)
    throw new LoopError('too_large', 'The definition is too long to be read in one piece.', {
      hint: 'Call list_transitions for the transitions from the current state of a run.',
    })
  return { mimeType: 'application/json', text }
}

async function readTimeline(session: Session, aggregateId: string): Promise<Contents> {
  const run = await runOf(session, readInput(aggregateIdSchema, aggregateId))
  const from = Math.max(1, run.version - maxEntries + 1)
  const { engine, tenant } = session
  const rows = await timelineOf(
    engine.history({ tenant, aggregateId, runId: run.runId, from, limit: maxEntries }),
  )
  return { mimeType: 'text/plain', text: `${notice}\n\n${renderTimeline(rows, { width: 200 })}` }
}

function decoded(variable: string | readonly string[] | undefined): string {
  try {
    return decodeURIComponent(typeof variable === 'string' ? variable : '')
  } catch {
    throw new LoopError('invalid_input', 'The address of the resource is not well-formed.')
  }
}
