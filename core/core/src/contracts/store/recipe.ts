import type { JsonObject } from '../../json/json.ts'

/**
 * How another thread of this machine opens the data of a store. A wrapper that changes what reads answer must leave it
 * out, because the thread would read past the wrapper.
 */
export interface StoreRecipe {
  /** URL of a module. */
  readonly module: string
  /** The function that it exports, which makes a store from `options`. */
  readonly create: string
  readonly options: JsonObject
}
