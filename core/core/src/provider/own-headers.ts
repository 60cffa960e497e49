const always = /^(?:accept|content-type|user-agent|x-stainless-.+)$/

/**
 * A fetch that sends these headers and the SDK's technical ones, nothing else. Some SDKs add to every request what they
 * find in the environment (`OPENAI_CUSTOM_HEADERS` and its like), even headers that were meant for another vendor.
 */
export function withOwnHeaders(
  own: Readonly<Record<string, string>>,
  inner: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return (input, init) => {
    const kept = [...new Headers(init?.headers)].filter(([name]) => always.test(name))
    return inner(input, { ...init, headers: [...kept, ...Object.entries(own)] })
  }
}
