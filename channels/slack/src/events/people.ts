import { isLoopError, LoopError, type Clock } from '@loop-engine/core'
import { z } from 'zod'

import type { SlackCalls } from '../api/slack-calls.ts'
import { createRecent } from '../recent.ts'

/** How a member of the workspace is mapped to one of your principals. Whoever is not mapped is refused. */
export type SlackPeople =
  /** By the e-mail address that Slack has confirmed, in lower case. */
  | {
      readonly by: 'email'
      /** The principal of an address, or null for nobody; by default the address itself. */
      readonly principalOf?: (email: string) => string | null | Promise<string | null>
    }
  /** By a table of yours, from Slack's user id (`U…`) to the principal's id. */
  | { readonly by: 'table'; readonly table: Readonly<Record<string, string>> }

/** Why a person cannot decide. */
export type Stranger =
  | 'outsider'
  | 'guest'
  | 'bot'
  | 'deactivated'
  | 'email_unconfirmed'
  | 'unknown_person'
  | 'identity_unavailable'

type Identified =
  | { readonly principal: string; readonly issuer: string }
  | { readonly stranger: Stranger }

export interface Sender {
  readonly user: { readonly id: string; readonly team_id?: string | undefined }
  readonly team?: { readonly id: string } | null | undefined
}

export interface People {
  /** Never rejects: whoever cannot be identified is a stranger. */
  identify(sender: Sender): Promise<Identified>
}

export interface PeopleOptions {
  readonly people: SlackPeople
  readonly calls: Pick<SlackCalls, 'userInfo' | 'workspace'>
  readonly clock: Clock
  /** For how long Slack's answer about a person is cached. */
  readonly cacheMs: number
  readonly report: (problem: unknown) => void
}

const workspaceSchema = z.object({
  team_id: z.string(),
  enterprise_id: z.string().nullish(),
})
type Workspace = z.infer<typeof workspaceSchema>

const flag = z.boolean().optional()
const personSchema = z.object({
  user: z.object({
    id: z.string(),
    team_id: z.string(),
    deleted: flag,
    is_bot: flag,
    is_workflow_bot: flag,
    is_restricted: flag,
    is_ultra_restricted: flag,
    is_stranger: flag,
    is_email_confirmed: flag,
    profile: z.object({ email: z.string().optional() }).optional(),
    enterprise_user: z.object({ enterprise_id: z.string().optional() }).optional(),
  }),
})
type Person = z.infer<typeof personSchema>['user']

const principalSchema = z.string().min(1).max(256)

export function createPeople({ people, calls, clock, cacheMs, report }: PeopleOptions): People {
  const workspaces = createRecent<Workspace>({ clock, forMs: Number.POSITIVE_INFINITY, most: 2 })
  const persons = createRecent<Person>({ clock, forMs: cacheMs })

  const workspace = (): Promise<Workspace> =>
    workspaces.take('', async () => workspaceSchema.parse(await calls.workspace())).value
  const person = (id: string): Promise<Person> =>
    persons.take(id, async () => personSchema.parse(await calls.userInfo(id)).user).value

  async function judge({ user, team }: Sender): Promise<Identified> {
    // Whoever is not in the table is refused without a call to Slack.
    if (people.by === 'table' && !Object.hasOwn(people.table, user.id))
      return { stranger: 'unknown_person' }
    const home = await workspace()
    // One app may be installed in several workspaces, whose events are all signed with the same secret.
    if (!isHome(home, team?.id) || !isHome(home, user.team_id)) return { stranger: 'outsider' }
    const known = await person(user.id)
    const stranger = refuse(known, user.id, home)
    if (stranger) return { stranger }
    const principal = principalSchema.safeParse(await principalOf(known))
    if (!principal.success) return { stranger: isUnconfirmed(known) ?? 'unknown_person' }
    return { principal: principal.data, issuer: home.enterprise_id ?? home.team_id }
  }

  async function principalOf({ id, profile, is_email_confirmed }: Person): Promise<string | null> {
    if (people.by === 'table') return people.table[id] ?? null
    const email = profile?.email?.toLowerCase()
    if (!email || is_email_confirmed !== true) return null
    return people.principalOf ? people.principalOf(email) : email
  }

  const isUnconfirmed = ({ profile, is_email_confirmed }: Person): Stranger | null =>
    people.by === 'email' && (!profile?.email || is_email_confirmed !== true)
      ? 'email_unconfirmed'
      : null

  return {
    async identify(sender) {
      try {
        return await judge(sender)
      } catch (cause) {
        report(
          isLoopError(cause)
            ? cause
            : new LoopError('unavailable', 'A person in Slack could not be identified.', {
                plugin: 'slack',
                retryable: true,
              }),
        )
        return { stranger: 'identity_unavailable' }
      }
    },
  }
}

/** In an Enterprise organisation a person's team may be another workspace, which is checked with `users.info`. */
function isHome({ team_id, enterprise_id }: Workspace, team: string | undefined): boolean {
  return team === undefined || team === team_id || Boolean(enterprise_id)
}

function refuse(person: Person, id: string, home: Workspace): Stranger | null {
  const isOurs =
    person.team_id === home.team_id ||
    (Boolean(home.enterprise_id) &&
      (person.team_id === home.enterprise_id ||
        person.enterprise_user?.enterprise_id === home.enterprise_id))
  if (person.id !== id || person.is_stranger || !isOurs) return 'outsider'
  if (person.is_restricted || person.is_ultra_restricted) return 'guest'
  if (person.is_bot || person.is_workflow_bot || id === 'USLACKBOT') return 'bot'
  return person.deleted ? 'deactivated' : null
}
