import { LoopError } from './errors.ts'

/**
 * Loads a library that only some programs need, synchronously; `from` is the URL of the module that asks. Throws
 * `invalid_config` if it is missing: bundlers do not see it, and leave it out.
 */
export function loadLibrary(name: string, from: string): unknown {
  try {
    return process.getBuiltinModule('node:module').createRequire(from)(name)
  } catch (cause) {
    throw new LoopError('invalid_config', `The library ${name} could not be loaded.`, {
      hint: 'Leave the packages of Loop Engine out of a bundle, and install them where it runs.',
      cause,
    })
  }
}
