// The server as a process that a client starts; its argument, if any, is `maxBytes`.
import { openDesk } from './desk.fixture.ts'

const [, , maxBytes] = process.argv
const { mcp } = await openDesk(maxBytes === undefined ? {} : { maxBytes: Number(maxBytes) })
mcp.connect()
