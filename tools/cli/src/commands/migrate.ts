import type { AddCommand } from '../context.ts'
import { openStore } from '../session.ts'

export const addMigrate: AddCommand = (program, act) => {
  program
    .command('migrate')
    .description('make the tables of the database, or bring them up to this version')
    .addHelpText(
      'after',
      '\nProcesses of an older version may fail from then on: stop them before. There is no way back but a backup.',
    )
    .action(
      act(async ({ options, output }) => {
        const store = await openStore(options, { create: true })
        try {
          await store.open()
        } finally {
          await store.close()
        }
        output.result({ migrated: true }, 'The database is of this version.')
      }),
    )
}
