// A process of its own, as a client starts it; `maxBytes` may be its argument.
import { openDesk } from './desk.fixture.ts'

const [, , maxBytes] = process.argv
const { mcp } = await openDesk(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) })
mcp.connect()
