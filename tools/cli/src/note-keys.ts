import { createSigner, type NoteKey, type NoteSigner } from '@loop-engine/observability'

import { readText } from './files.ts'

/** Reads the public keys that are trusted: each is a file with a line `name+id+base64`. */
export function readKeys(paths: readonly string[]): Promise<NoteKey[]> {
  return Promise.all(
    paths.map(async (path) => {
      const publicKey = (await readText(path)).trim()
      return { name: publicKey.split('+', 1)[0] ?? '', publicKey }
    }),
  )
}

/** A signer whose private key is a PEM file. */
export async function readSigner(path: string, name: string): Promise<NoteSigner> {
  return createSigner({ name, privateKey: await readText(path) })
}
