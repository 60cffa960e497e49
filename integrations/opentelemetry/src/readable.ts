/**
 * Makes an unchecked input safe to destructure, also null and undefined; the engine then reports what is wrong with it.
 */
export function readable<Asked extends object>(asked: Asked): Asked {
  return Object(asked) as Asked
}
