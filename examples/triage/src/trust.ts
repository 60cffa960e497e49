import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  checkAgainst,
  createLog,
  createNoteSigner,
  generateNoteSigner,
  verifyStore,
  type NoteSigner,
} from '@loop-engine/observability'
import { isLoopError, LoopError, type LoopStore } from '@loop-engine/sdk'

/** Lets a later start, or somebody else, check that the record was not changed or replaced in the meantime. */
export interface Trust {
  /** Returns one sentence for each fault, such as an edited row or a database that is older than its checkpoint. */
  check(): Promise<readonly string[]>
  /** Signs the head of the log and keeps the note beside the database. Returns the note. */
  seal(): Promise<string>
}

export interface TrustOptions {
  readonly store: LoopStore
  readonly data: string
}

const tenant = 'default'
const name = 'loop-engine.example/triage'

/** Creates the key, readable by its owner only, if there is none yet. */
export function createTrust({ store, data }: TrustOptions): Trust {
  const signer = readSigner(join(data, 'key.pem'))
  const noteFile = join(data, 'checkpoint.txt')
  replaceFile(join(data, 'key.pub'), `${signer.publicKey}\n`)

  return {
    async check() {
      const [rows, note] = await Promise.all([findEditedRows(), compareWithNote()])
      return [...rows, ...note]
    },
    async seal() {
      const { note } = await createLog({ store, tenant, signer }).checkpoint()
      replaceFile(noteFile, note ?? '')
      return note ?? ''
    },
  }

  async function findEditedRows(): Promise<string[]> {
    const { faults } = await verifyStore({ store, tenant })
    return faults.map(
      ({ runId, seq, fault, message }) => `Entry ${seq} of run ${runId}: ${fault}. ${message}`,
    )
  }

  async function compareWithNote(): Promise<string[]> {
    if (!existsSync(noteFile)) return []
    try {
      const note = readFileSync(noteFile, 'utf8')
      const { ok, reason, size, rememberedSize } = await checkAgainst({
        store,
        tenant,
        checkpoint: { note, keys: [signer] },
      })
      if (ok) return []
      const sizes = `the checkpoint covers ${rememberedSize} entries, the database has logged ${size}`
      return [`The database is not the one that was left (${reason}): ${sizes}.`]
    } catch (error) {
      if (!isLoopError(error)) throw error
      return [`The checkpoint cannot be trusted: ${error.message}`]
    }
  }
}

function readSigner(path: string): NoteSigner {
  const privateKey = readOrCreateKey(path)
  try {
    return createNoteSigner({ name, privateKey })
  } catch (cause) {
    throw new LoopError('unavailable', `The key ${path} cannot be read.`, {
      hint: 'Restore the key. Or move it and checkpoint.txt away: the next start creates new ones, which prove nothing about the time before.',
      cause,
    })
  }
}

/** Reads the key, or creates it. Of several processes one creates it, and no reader ever sees a part of it. */
function readOrCreateKey(path: string): string {
  if (!existsSync(path)) {
    const own = `${path}.${process.pid}`
    writeFileSync(own, generateNoteSigner(name).privateKey, { mode: 0o600 })
    try {
      linkSync(own, path)
    } catch (error) {
      if (!existsSync(path)) throw error
    } finally {
      rmSync(own)
    }
  }
  return readFileSync(path, 'utf8')
}

/** Replaces a file at once: a crash leaves either the old or the new content. */
function replaceFile(path: string, text: string): void {
  const own = `${path}.${process.pid}`
  try {
    writeFileSync(own, text)
    renameSync(own, path)
  } catch (error) {
    rmSync(own, { force: true })
    throw error
  }
}
