// Starts a server of the operator's, says its process, and holds on to it until it is killed.
import { createCompute } from '@reprise/compute'
import type { Database, TurnDefinition } from '@reprise/store'
import { join } from 'node:path'
import { createEgress } from '../../src/egress/egress.ts'
import { KeyRing } from '../../src/secrets/key-ring.ts'
import { McpTools } from '../../src/tools/mcp/mcp-tools.ts'
import { toolContext } from '../tools/tool-context.ts'

const log = { info() {}, warn() {}, error() {} }
const servers = { files: { command: process.execPath, args: [join(import.meta.dirname, 'stdio-server.ts')] } }
const compute = createCompute({ threads: 1 })
const tools = new McpTools({ secrets: new KeyRing([]), compute, db: {} as Database, egress: createEgress({ allow: [] }), log, servers })
const definition = { mcp_servers: { s: { ref: 'files' } } } as unknown as TurnDefinition
const chosen = await tools.choose({ organization_id: 'org_1', session_id: 'sess_1', id: 'turn_1', definition }, new AbortController().signal)
const outcome = await chosen.tools.find((tool) => tool.name === 's__pid')!.run({}, toolContext())
console.log(outcome.ok ? outcome.result : outcome.error)
setInterval(() => {}, 60_000)
