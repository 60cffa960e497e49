import type { LoopInstance } from '@loop-engine/core'
import type { Expected } from '@loop-engine/runtime'

import { HttpError } from './http-error.ts'

export const etagHeader = { ETag: 'Changes with every commit on the run.' }

/** A strong tag: every commit on the run changes it. */
export function etagOf({ runId, version }: Pick<LoopInstance, 'runId' | 'version'>): string {
  return `"${runId}:${version}"`
}

/** The run and version that `If-Match` names; undefined for no condition. Only one tag is accepted. */
export function expectedBy(header: string | null): Expected | undefined {
  if (header === null || header.trim() === '*') return undefined
  const match = /^"([^":]{1,128}):(\d{1,15})"$/.exec(header.trim())
  if (match) return { runId: match[1] ?? '', version: Number(match[2]) }
  throw new HttpError(412, 'precondition_failed', 'If-Match is not an ETag of this server.', {
    hint: 'Send the ETag of the run unchanged.',
  })
}

export function matchesTag(header: string | null, etag: string): boolean {
  if (header === null) return false
  return header
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*')
}
