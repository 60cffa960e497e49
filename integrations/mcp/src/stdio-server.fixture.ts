// A process of its own, as a client starts it.
import { openDesk } from './desk.fixture.ts'

const { mcp } = await openDesk()
mcp.connect()
