interface Shape {
  /** What it must be, as the end of a sentence. */
  readonly expected: string
  fits(value: unknown): boolean
}

const object = (expected: string, ...functions: readonly string[]): Shape => ({
  expected,
  fits: (value) => isObject(value) && functions.every((name) => typeof value[name] === 'function'),
})

/** Whoever implements a contract says which, so that a list of something else is found out. */
const listOf = (contract: string): Shape => ({
  expected: `a list of objects with contract: '${contract}'`,
  fits: (value) =>
    Array.isArray(value) && value.every((each) => isObject(each) && each['contract'] === contract),
})

const channels = listOf('channel/v1')

/** What the module of `serve --with` may export, and how each can be told before it is used. */
export const pluginShapes = {
  integrations: listOf('integration/v1'),
  channels: {
    expected: `${channels.expected}, or a function that makes one`,
    fits: (value) => typeof value === 'function' || channels.fits(value),
  },
  guards: listOf('guard/v1'),
  sinks: listOf('sink/v1'),
  directory: {
    expected: 'a function of a tenant and an id',
    fits: (value) => typeof value === 'function',
  },
  signer: object('a signer, as createNoteSigner of @loop-engine/observability makes one', 'sign'),
  callbacks: {
    expected: 'an object with the lists origins and secrets',
    fits: (value) =>
      isObject(value) && Array.isArray(value['origins']) && Array.isArray(value['secrets']),
  },
  telemetry: object('an object, as createOpenTelemetry makes one'),
} as const satisfies Record<string, Shape>

export type PluginName = keyof typeof pluginShapes

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
