import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Log } from '../../turn/turn-run.ts'
import { hideAndCut } from './hide-secrets.ts'

const lineCharactersMax = 500
const linesMax = 200

/** Logs what a server's program writes to stderr: so many lines of each start, the rest is read and dropped. */
export function logStderr(stream: Readable, { log, server, secrets }: { log: Log; server: string; secrets: readonly string[] }): void {
  let lines = 0
  createInterface({ input: stream }).on('line', (line) => {
    if (++lines > linesMax || line === '') return
    log.info({ mcp_server: server, line: hideAndCut(line, secrets, lineCharactersMax) }, 'an MCP server wrote to stderr')
    if (lines === linesMax) log.info({ mcp_server: server }, 'what it writes from now on is not logged')
  })
}
