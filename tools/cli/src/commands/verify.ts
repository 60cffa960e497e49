import { checkAgainst, verifyExport, verifyStore } from '@loop-engine/observability'

import type { AddCommand } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { readText } from '../files.ts'
import { withSession } from '../session.ts'

export const addVerify: AddCommand = () => {}
void [checkAgainst, verifyExport, verifyStore, exitCodes, readText, withSession]
