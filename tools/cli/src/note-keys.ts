import { createNoteSigner, type NoteKey, type NoteSigner } from '@loop-engine/observability'
import { LoopError } from '@loop-engine/sdk'
import type { Command } from 'commander'

import { readText } from './files.ts'

/** Reads the public keys that are trusted. Each file holds one line, `name+id+base64`. */
export function readKeys(paths: readonly string[]): Promise<NoteKey[]> {
  return Promise.all(
    paths.map(async (path) => {
      const publicKey = (await readText(path)).trim()
      if (!/^[^\s+]+\+[0-9a-f]{8}\+\S+$/.test(publicKey)) {
        throw new LoopError('invalid_config', `The file ${path} holds no public key.`, {
          hint: 'A public key is one line, name+id+base64. `loop export --key PEM -o FILE` prints it.',
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

/** Adds the options `--key` and `--key-name` to a command that signs. */
export function withSigner(command: Command, purpose: string): Command {
  return command
    .option('--key <pem>', purpose)
    .option(
      '--key-name <name>',
      `the name under which verifiers know the key (default: "${defaultName}")`,
    )
}

/** The signer that the options name; undefined without `--key`. */
export async function readSigner({ key, keyName }: SignerOptions): Promise<NoteSigner | undefined> {
  if (key !== undefined)
    return createNoteSigner({ name: keyName ?? defaultName, privateKey: await readText(key) })
  if (keyName === undefined) return undefined
  // Without this error people would believe that the result is signed.
  throw new LoopError('invalid_config', '--key-name was given without --key.', {
    hint: 'Name the private key with --key PEM, or leave out --key-name.',
  })
}

const defaultName = 'loop'
