import type { JsonObject } from '../../json/json.ts'

/**
 * How another thread of this machine opens the data of a store. A wrapper around a store must leave the recipe out if it
 * changes what reads answer, because the thread would read past the wrapper.
 */
export interface StoreRecipe {
  /** URL of a module. */
  readonly module: string
  /** The name of the function that the module exports, and that makes a store from `options`. */
  readonly create: string
  readonly options: JsonObject
}
