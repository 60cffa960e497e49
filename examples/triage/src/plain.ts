import { stripVTControlCharacters } from 'node:util'

/** Text for a terminal: what comes from outside must not move its cursor. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]+/g,
    ' ',
  )
}
