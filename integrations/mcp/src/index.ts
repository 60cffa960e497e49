export {
  createMcpServer,
  type McpConnection,
  type LoopMcpServer,
  type McpServerOptions,
} from './mcp-server.ts'
export type { McpPrincipal } from './principal.ts'
export type { McpSystem } from './session.ts'
