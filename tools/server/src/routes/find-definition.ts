import { readDefinition, parseJson, type LoopDefinition } from '@loop-engine/core'

import type { Services } from './route.ts'

type Found =
  | { readonly success: true; readonly data: LoopDefinition }
  | { readonly success: false; readonly data?: undefined; readonly error: unknown }

/** The definition with this digest, or the error for which it cannot be read; null if the store does not have it. */
export async function findDefinition(
  { store, definitions }: Pick<Services, 'store' | 'definitions'>,
  digest: string,
): Promise<Found | null> {
  const known = definitions.get(digest)
  if (known) return { success: true, data: known }
  const text = await store.definition(digest)
  if (text === null) return null
  const read = readDefinition(parseJson(text))
  if (read.success) definitions.set(digest, read.data)
  return read
}
