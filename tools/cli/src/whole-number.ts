import { InvalidArgumentError } from 'commander'

/** Reads a whole number of an option, or says what it must be. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (/^\d+$/.test(text) && count >= min && count <= max) return count
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}
