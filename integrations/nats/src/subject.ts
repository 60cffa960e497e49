import type { CloudEvent } from '@loop-engine/core'

/**
 * The subject of an event, `loops.<tenant>.<loop>.<type>`, such as
 * `loops.acme.order.dev.loop-engine.loop.completed.v1`. Characters that could split or widen a subject are
 * percent-encoded, so that no tenant or loop reaches another's subjects.
 */
export function subjectOf({ source, type }: CloudEvent, prefix = 'loops'): string {
  const [tenant = '', loop = ''] = source.replace(/^urn:loop-engine:/, '').split(':')
  return [prefix, token(tenant), token(loop), type.split('.').map(token).join('.')].join('.')
}

/**
 * One token of a subject. Parts of a source are URI-encoded already, but may still have `.` and `*`, which NATS
 * reserves.
 */
function token(text: string): string {
  return text.replace(/[^\w%-]/gu, percent) || '%00'
}

function percent(character: string): string {
  return [...new TextEncoder().encode(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('')
}
