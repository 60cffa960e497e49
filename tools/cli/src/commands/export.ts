import type { AddCommand } from '../context.ts'

export const addExport: AddCommand = () => {}
