import {
  LoopError,
  sha256Hex,
  systemClock,
  type ApprovalRequest,
  type Channel,
} from '@loop-engine/core'
import { z } from 'zod'

import { createPagerDutyCalls } from './api/pagerduty-calls.ts'
import { createTriggerEvent, resolveEvent } from './incident/alert.ts'
import { say } from './incident/conversation.ts'
import { createDecisionCodes } from './incident/decision-code.ts'
import { createIncidentReferences, dedupKeyOf } from './incident/incident-reference.ts'
import { needsPage } from './incident/note-strength.ts'
import { revisedText, stateText } from './incident/outcome-text.ts'
import { checkOptions, type PagerDutyOptions } from './options.ts'
import { createHandOver } from './webhook/hand-over.ts'
import { createNoteJudge } from './webhook/judge-note.ts'
import { createResolutionJudge } from './webhook/judge-resolution.ts'
import { createReceiver } from './webhook/receive-webhook.ts'
import { createResponders } from './webhook/responders.ts'

/** For how long after its alert an incident may still be missing. */
const settlingMs = 120_000

/** What the engine stores for this channel: when the alert was sent. It holds no code and no id of PagerDuty. */
const refSchema = z.object({ at: z.number() })

/**
 * Makes a channel with which people who are on call decide. A request opens an incident, a note with the incident's code or
 * the linked page decides, and the incident is resolved when the request ends. Acknowledging and resolving never approve.
 *
 * Throws `invalid_config`.
 */
export function createPagerDutyChannel(options: PagerDutyOptions): Channel {
  const {
    transport,
    from,
    people,
    decide,
    decisionUrl,
    decideBy = 'note',
    onResolve = 'ignore',
    maxWrongCodes = 5,
    clock = systemClock,
    name = 'pagerduty',
  } = options
  const { secrets, routingKeyOf } = checkOptions(options)
  const calls = createPagerDutyCalls(transport, from)
  const references = createIncidentReferences(secrets)
  const codes = createDecisionCodes(secrets)
  const responders = createResponders({ calls, people, responders: options.responders, from })
  const handOver = createHandOver({ responders, decide })

  const trigger = async (request: ApprovalRequest, signal: AbortSignal): Promise<void> => {
    const link = decisionUrl && checkLink(await decisionUrl(request))
    const { tenant, id: requestId, revision, viewHash } = request
    const reference = { tenant, requestId, revision, viewHash, needsPage: needsPage(request) }
    const event = createTriggerEvent({
      request,
      routingKey: routingKeyOf(request),
      reference: references.seal(reference),
      code: decideBy === 'note' ? codes.codeFor(reference) : undefined,
      link,
    })
    await calls.send(event, signal)
  }

  const keyOf = ({ tenant, id: requestId }: ApprovalRequest, revision: number): string =>
    dedupKeyOf({ tenant, requestId, revision })

  /**
   * Resolves the alerts of all revisions up to `last`, also alerts whose reference was not stored. PagerDuty ignores the event
   * if there is no such alert.
   */
  const resolve = async (request: ApprovalRequest, last: number, signal: AbortSignal) => {
    for (let revision = 1; revision <= last; revision++)
      await calls.send(resolveEvent(routingKeyOf(request), keyOf(request, revision)), signal)
  }

  const receive = createReceiver({
    ...options,
    clock,
    calls,
    references,
    judgeNote: createNoteJudge({
      calls,
      references,
      codes,
      handOver,
      decideBy,
      maxWrongCodes,
      clock,
    }),
    judgeResolution: createResolutionJudge({
      ...options,
      calls,
      references,
      handOver,
      onResolve,
      trigger,
      clock,
    }),
  })

  return {
    contract: 'channel/v1',
    name,
    async notify(request, _view, { signal }) {
      await resolve(request, request.revision - 1, signal)
      await trigger(request, signal)
      return { at: clock.now() }
    },
    async update(ref, request, _view, { signal, idempotencyKey }) {
      const shown = readRef(ref)
      const isPending = request.status === 'pending'
      // Alerts are resolved first, so that nobody is called any more; notes that explain it come after.
      await resolve(request, isPending ? request.revision - 1 : request.revision, signal)
      if (isPending && request.revision > 1) await trigger(request, signal)

      for (let revision = 1; revision <= request.revision; revision++) {
        const incidentId = await calls.incidentOf(keyOf(request, revision), signal)
        const isCurrent = revision === request.revision
        const note = isCurrent
          ? { tag: sha256Hex(idempotencyKey).slice(0, 12), text: stateText(request) }
          : { tag: `after revision ${revision}`, text: revisedText(request) }
        if (incidentId !== null) await say(calls, { incidentId, ...note }, signal)
        else if (isCurrent && clock.now() - shown.at < settlingMs) throw notYet()
      }
    },
    handle: receive,
  }
}

function readRef(ref: unknown): z.infer<typeof refSchema> {
  const read = refSchema.safeParse(ref)
  if (read.success) return read.data
  throw new LoopError('corrupt', 'The stored reference to an incident cannot be read.', {
    plugin: 'pagerduty',
  })
}

/** PagerDuty accepts an alert at once and opens its incident a little later. */
function notYet(): LoopError {
  return new LoopError('unavailable', 'PagerDuty has not opened the incident yet.', {
    plugin: 'pagerduty',
    retryable: true,
  })
}

function checkLink(link: string): string {
  const url = URL.parse(link)
  if (url && /^https?:$/.test(url.protocol) && url.href.length <= 4096) return url.href
  throw new LoopError(
    'invalid_config',
    'The address of the decision page is no http(s) URL, or is too long.',
    {
      plugin: 'pagerduty',
      path: '/decisionUrl',
    },
  )
}
