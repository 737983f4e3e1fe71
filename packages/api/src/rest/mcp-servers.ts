import { mcpServerRef } from '@reprise/contract'
import type { FastifyInstance } from 'fastify'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { listMcpServers, listMcpServersInput } from '../operations/list-mcp-servers.ts'
import type { Services } from '../services.ts'
import { describePage } from './describe-list.ts'
import { readQuery } from './read-query.ts'

export function registerMcpServers(server: FastifyInstance, services: Services): void {
  const docs = { tags: ['MCP servers'], summary: 'List MCP servers', querystring: listMcpServersInput, response: { 200: describePage(mcpServerRef), ...problems(400, 401) } }
  server.get('/mcp-servers', { schema: docs }, async (request) => listMcpServers(services, checkInput(listMcpServersInput, readQuery(request.query, listMcpServersInput))))
}
