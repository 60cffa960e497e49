export { createSqliteStore, type SqliteStoreOptions } from './sqlite.ts'
