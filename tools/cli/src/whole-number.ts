import { InvalidArgumentError } from 'commander'

/** Makes the parser of an option that must be a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (/^\d+$/.test(text) && count >= min && count <= max) return count
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}
