import type { LogLeaf, LoopStore, StoredEntry } from '@loop-engine/core'

import type { Tenant } from './memory-tenant.ts'

type Log = Pick<LoopStore, 'logHead' | 'unlogged' | 'appendLog' | 'signLog' | 'leaves' | 'leavesOf'>

export function createMemoryLog(of: (tenant: string) => Tenant): Log {
  return {
    async logHead(tenant) {
      return of(tenant).head
    },
    async unlogged(tenant, limit) {
      return of(tenant).unlogged.slice(0, limit)
    },
    async appendLog(tenant, { expectedSize, leaves, head }) {
      const log = of(tenant)
      if (log.head.size !== expectedSize) return false
      for (const leaf of leaves) {
        log.leaves.push(leaf)
        const ofRun = log.runLeaves.get(leaf.runId) ?? []
        ofRun[leaf.seq - 1] = leaf
        log.runLeaves.set(leaf.runId, ofRun)
      }
      const logged = new Set(leaves.map(({ runId, seq }) => log.runs.get(runId)?.entries[seq - 1]))
      log.unlogged = withoutLogged(log.unlogged, logged)
      log.head = head
      return true
    },
    async signLog(tenant, { size, root }, note) {
      const log = of(tenant)
      if (log.head.size !== size || log.head.root !== root) return false
      log.head = { ...log.head, note }
      return true
    },
    async leaves(tenant, { from, limit }) {
      return of(tenant).leaves.slice(Math.max(0, from), Math.max(0, from) + limit)
    },
    async leavesOf(tenant, runId, { from, limit }) {
      const all = of(tenant).runLeaves.get(runId) ?? []
      const found: LogLeaf[] = []
      for (let seq = Math.max(1, from); seq <= all.length && found.length < limit; seq++) {
        const leaf = all[seq - 1]
        if (leaf) found.push(leaf)
      }
      return found
    },
  }
}

/** Mostly entries are logged in the order in which they were handed out; then only the front has to be looked at. */
function withoutLogged(
  entries: StoredEntry[],
  logged: ReadonlySet<StoredEntry | undefined>,
): StoredEntry[] {
  const kept = entries.findIndex((entry) => !logged.has(entry))
  if (kept === -1) return []
  if (kept === logged.size) return entries.slice(kept)
  return entries.filter((entry) => !logged.has(entry))
}
