import { deltasOf, type ServerEvent, type WireJson } from './model-wire.ts'

/** Converts a response of the Responses API into the events that stream it. */
export function responseEvents(response: WireJson): readonly ServerEvent[] {
  const { output, usage, error, incomplete_details, ...start } = response
  const open = {
    ...start,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    output: [],
  }
  const events: Typed[] = [
    { type: 'response.created', response: open },
    { type: 'response.in_progress', response: open },
    ...itemsOf(output).flatMap(itemEvents),
    { type: `response.${String(response['status'])}`, response },
  ]
  return events.map((data, sequence) => ({
    event: data.type,
    data: { ...data, sequence_number: sequence },
  }))
}

type Typed = WireJson & { readonly type: string }

// The wires create these values, so they are arrays of objects.
const itemsOf = (value: unknown): readonly WireJson[] => (Array.isArray(value) ? value : [])

function itemEvents(item: WireJson, output_index: number): readonly Typed[] {
  const at = { output_index, item_id: item['id'] }
  const empty = item['type'] === 'function_call' ? { arguments: '' } : { content: [] }
  return [
    {
      type: 'response.output_item.added',
      output_index,
      item: { ...item, status: 'in_progress', ...empty },
    },
    ...(item['type'] === 'function_call'
      ? argumentEvents(item, at)
      : itemsOf(item['content']).flatMap((part, content_index) =>
          partEvents(part, { ...at, content_index }),
        )),
    { type: 'response.output_item.done', output_index, item },
  ]
}

function argumentEvents(item: WireJson, at: WireJson): readonly Typed[] {
  const text = String(item['arguments'])
  return [
    ...deltasOf(text).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    {
      type: 'response.function_call_arguments.done',
      ...at,
      name: item['name'],
      arguments: text,
    },
  ]
}

function partEvents(part: WireJson, at: WireJson): readonly Typed[] {
  const [kind, member] = part['type'] === 'refusal' ? (['refusal', 'refusal'] as const) : textPart
  const text = String(part[member])
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, [member]: '' } },
    ...deltasOf(text).map((delta) => ({
      type: `response.${kind}.delta`,
      ...at,
      delta,
      ...logs(kind),
    })),
    { type: `response.${kind}.done`, ...at, [member]: text, ...logs(kind) },
    { type: 'response.content_part.done', ...at, part },
  ]
}

const textPart = ['output_text', 'text'] as const

function logs(kind: string): WireJson {
  return kind === 'output_text' ? { logprobs: [] } : {}
}
