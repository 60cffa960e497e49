import pg from 'pg'
import { onTestFinished } from 'vitest'

/** The pool of an application that has the driver give numbers of eight bytes as `bigint`. */
export function openBigIntPool(connectionString: string): pg.Pool {
  const getTypeParser = ((type: number) =>
    type === pg.types.builtins.INT8 ? BigInt : pg.types.getTypeParser(type)) as never
  const pool = new pg.Pool({ connectionString, types: { getTypeParser } })
  onTestFinished(() => pool.end())
  return pool
}
