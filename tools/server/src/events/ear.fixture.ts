export interface Heard {
  readonly id: string
  readonly event: {
    readonly id: string
    readonly type: string
    readonly subject: string
    readonly sequence: string
  }
}

/** A client that listens to the event stream of a server. */
export interface Ear {
  readonly status: number
  /** Listens until `enough` returns true, and returns all events that were heard. */
  until(enough: (heard: readonly Heard[]) => boolean): Promise<readonly Heard[]>
  /** The rest of the text, until the stream ends. */
  rest(): Promise<string>
  leave(): Promise<void>
}

export async function listen(
  url: string,
  key: string,
  { query = '', lastEventId }: { readonly query?: string; readonly lastEventId?: string } = {},
): Promise<Ear> {
  const response = await fetch(`${url}/api/v1/events${query}`, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const heard: Heard[] = []
  // The first text of a stream says where it begins; once it is here, the stream is open.
  let text = (await reader?.read())?.value ?? ''
  return {
    status: response.status,
    async until(enough) {
      for (;;) {
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const [, id] = /^id: (.*)$/m.exec(block) ?? []
          const [, data] = /^data: (.*)$/m.exec(block) ?? []
          if (id !== undefined && data !== undefined) heard.push({ id, event: JSON.parse(data) })
        }
        const next = enough(heard) ? undefined : await reader?.read()
        if (!next || next.done) return heard
        text += next.value
      }
    },
    async rest() {
      let all = text
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
        all += next.value
      return all
    },
    async leave() {
      await reader?.cancel()
    },
  }
}
