import type { Lookup } from './validate.ts'

type Known = ReadonlySet<string> | Lookup<unknown>

export function howToRegister(option: 'guards' | 'integrations' | 'channels'): string {
  return `Register it in the option \`${option}\`.`
}

export function has(known: Known, name: string): boolean {
  return 'get' in known ? known.get(name) !== undefined : known.has(name)
}

export function namesOf(known: Known): string[] {
  return [...(known.keys?.() ?? [])]
}
