/** What is asked comes in unchecked. Of what is nothing at all there is nothing to tell; the engine says what is wrong. */
export function readable<Asked extends object>(asked: Asked): Asked {
  return Object(asked) as Asked
}
