import { z } from 'zod'

/** Checks a message against Slack's limits, as its types and refusals state them. Returns each violation with its place. */
export function slackFaults(value: unknown, path = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) => slackFaults(item, `${path}/${index}`))
  if (typeof value !== 'object' || value === null) return []
  const object = Object.fromEntries(Object.entries(value))
  const limits = limitsOf(object, path)
  const faults = Object.entries(limits).flatMap(([key, [least, most]]) => {
    const size = sizeOf(object[key])
    return size === undefined || (size >= least && size <= most) ? [] : [`${path}/${key}: ${size}`]
  })
  const inner = Object.entries(object).flatMap(([key, item]) => slackFaults(item, `${path}/${key}`))
  return [...faults, ...inner, ...(path === '' ? totalFaults(object) : [])]
}

type Limits = Record<string, readonly [number, number]>

const byType: Record<string, Limits> = {
  section: { block_id: [1, 255], fields: [1, 10] },
  actions: { block_id: [1, 255], elements: [1, 25] },
  context: { elements: [1, 10] },
  button: { action_id: [1, 255], value: [1, 2000], url: [1, 3000] },
  modal: { blocks: [1, 100], private_metadata: [0, 3000], callback_id: [1, 255] },
  plain_text_input: { initial_value: [1, 3000], max_length: [1, 3000] },
  static_select: { options: [1, 100] },
  input: { block_id: [1, 255] },
}

/** The longest text that each kind of element may have. */
const byPlace: readonly (readonly [RegExp, number])[] = [
  [/\/options\/\d+\/text$/, 75],
  [/\/initial_option\/text$/, 75],
  [/\/confirm\/title$/, 100],
  [/\/confirm\/text$/, 300],
  [/\/(confirm\/confirm|deny)$/, 30],
  [/^\/(title|submit|close)$/, 24],
  [/\/elements\/\d+\/text$/, 75],
  [/\/(label|hint)$/, 2000],
]

function limitsOf(object: Record<string, unknown>, path: string): Limits {
  const type = String(object['type'])
  if (type === 'plain_text' || type === 'mrkdwn') {
    const most = byPlace.find(([place]) => place.test(path))?.[1] ?? 3000
    return { text: [1, most] }
  }
  if (type === 'header') {
    const text = z.object({ text: z.object({ text: z.string().max(150) }) }).safeParse(object)
    return text.success ? {} : { text: [0, 0] }
  }
  return byType[type] ?? {}
}

function sizeOf(value: unknown): number | undefined {
  return typeof value === 'string' || Array.isArray(value) ? value.length : undefined
}

function totalFaults(message: Record<string, unknown>): string[] {
  const { blocks } = message
  if (!Array.isArray(blocks)) return []
  const size = JSON.stringify(blocks).length
  const ids = blocks.map((block: { block_id?: string }) => block.block_id).filter(Boolean)
  return [
    ...(message['type'] !== 'modal' && blocks.length > 50 ? ['/blocks: more than 50'] : []),
    ...(size > 13_200 && message['type'] !== 'modal' ? ['msg_blocks_too_long'] : []),
    ...(new Set(ids).size < ids.length ? ['/blocks: one block_id twice'] : []),
  ]
}
