interface Shape {
  /** What the export must be; ends the sentence `Export it as …`. */
  readonly expected: string
  fits(value: unknown): boolean
}

const object = (expected: string, ...functions: readonly string[]): Shape => ({
  expected,
  fits: (value) => isObject(value) && functions.every((name) => typeof value[name] === 'function'),
})

/** Every plugin names its contract, so that a list of anything else is noticed. */
const listOf = (contract: string): Shape => ({
  expected: `a list of objects with contract: '${contract}'`,
  fits: (value) =>
    Array.isArray(value) && value.every((each) => isObject(each) && each['contract'] === contract),
})

const channels = listOf('channel/v1')

/** What the module of `serve --with` may export, and how each export is checked before it is used. */
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
  signer: object(
    'a signer, such as createNoteSigner of @loop-engine/observability returns',
    'sign',
  ),
  callbacks: {
    expected: 'an object with the lists origins and secrets',
    fits: (value) =>
      isObject(value) && Array.isArray(value['origins']) && Array.isArray(value['secrets']),
  },
  telemetry: object('an object, such as createOpenTelemetry returns'),
} as const satisfies Record<string, Shape>

export type PluginName = keyof typeof pluginShapes

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
