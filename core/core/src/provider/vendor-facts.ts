import { z } from 'zod'

// What a vendor or a gateway leaves out or gets wrong is null: it costs no answer.

/** An id or a name that stands beside an answer, as long as an actor takes it. */
export const vendorWord = z.string().min(1).max(256).nullish().catch(null)

/** A number of tokens. */
export const vendorCount = z.int().min(0).nullish().catch(null)
