import { Option } from 'commander'

/** An option that may be given several times. A variadic option would also take the arguments behind it as values. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((value: string, before: readonly string[]) => [...before, value])
}
