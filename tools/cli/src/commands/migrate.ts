import type { AddCommand } from '../context.ts'
import { openStore } from '../session.ts'

export const addMigrate: AddCommand = (program, act) => {
  program
    .command('migrate')
    .description('make the tables of the database, or upgrade them to this version')
    .addHelpText(
      'after',
      '\nStop processes of an older version first: they may fail afterwards. The only way back is a backup.',
    )
    .action(
      act(async ({ options, output }) => {
        const store = await openStore(options, { create: true })
        try {
          await store.open()
        } finally {
          await store.close()
        }
        output.result({ migrated: true }, 'The database has the tables of this version.')
      }),
    )
}
