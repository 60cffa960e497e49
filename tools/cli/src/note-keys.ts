import { createNoteSigner, type NoteKey, type NoteSigner } from '@loop-engine/observability'
import { LoopError } from '@loop-engine/sdk'

import { readText } from './files.ts'

/** Reads the public keys that are trusted: each is a file with a line `name+id+base64`. */
export function readKeys(paths: readonly string[]): Promise<NoteKey[]> {
  return Promise.all(
    paths.map(async (path) => {
      const publicKey = (await readText(path)).trim()
      if (!/^[^\s+]+\+[0-9a-f]{8}\+\S+$/.test(publicKey)) {
        throw new LoopError('invalid_config', `The file ${path} holds no public key.`, {
          hint: 'It is one line, name+id+base64, as `loop export --key PEM -o FILE` prints it.',
        })
      }
      return { name: publicKey.split('+', 1)[0] ?? '', publicKey }
    }),
  )
}

export interface SignerOptions {
  /** A PEM file with the private key. */
  readonly key?: string
  /** Under which verifiers know the key. */
  readonly keyName: string
}

/** Who signs; undefined when no key was named. */
export async function readSigner({ key, keyName }: SignerOptions): Promise<NoteSigner | undefined> {
  return key === undefined
    ? undefined
    : createNoteSigner({ name: keyName, privateKey: await readText(key) })
}
