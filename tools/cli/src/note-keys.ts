import { createNoteSigner, type NoteKey, type NoteSigner } from '@loop-engine/observability'
import { LoopError } from '@loop-engine/sdk'
import type { Command } from 'commander'

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
  readonly keyName?: string
}

/** Adds the key that signs, and its name. */
export function withSigner(command: Command, purpose: string): Command {
  return command
    .option('--key <pem>', purpose)
    .option(
      '--key-name <name>',
      `the name under which verifiers know the key (default: "${usual}")`,
    )
}

/** Who signs; undefined when no key was named. */
export async function readSigner({ key, keyName }: SignerOptions): Promise<NoteSigner | undefined> {
  if (key !== undefined)
    return createNoteSigner({ name: keyName ?? usual, privateKey: await readText(key) })
  if (keyName === undefined) return undefined
  // What is written without would be taken for signed.
  throw new LoopError('invalid_config', 'There is no key for this name.', {
    hint: 'Name the private key too, with --key PEM, or leave out --key-name.',
  })
}

const usual = 'loop'
