export { createPostgresStore, type PostgresStoreOptions } from './postgres.ts'
