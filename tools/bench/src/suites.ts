import type { Suite } from './figure.ts'

/** Each suite is loaded alone, so that it loads only what it uses. */
export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  memory: async () => (await import('./suites/memory.ts')).memory,
  sqlite: async () => (await import('./suites/sqlite.ts')).sqlite,
  postgres: async () => (await import('./suites/postgres.ts')).postgres,
  processes: async () => (await import('./suites/processes.ts')).processes,
  dbos: async () => (await import('./suites/dbos.ts')).dbos,
  temporal: async () => (await import('./suites/temporal.ts')).temporal,
  approval: async () => (await import('./suites/approval.ts')).approval,
  history: async () => (await import('./suites/history.ts')).history,
  verify: async () => (await import('./suites/verify.ts')).verify,
  footprint: async () => (await import('./suites/footprint.ts')).footprint,
  govern: async () => (await import('./suites/govern.ts')).governSuite,
  http: async () => (await import('./suites/http.ts')).http,
  startup: async () => (await import('./suites/startup.ts')).startup,
}
