export { linkPostgresLibraries } from './link-postgres-libraries.ts'
export { createTestClock, createTestIdentifiers, type TestClock } from './test-clock.ts'
