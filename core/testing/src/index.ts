export { linkPostgresLibraries } from './link-postgres-libraries.ts'
