import type { Config, Role } from './config.ts'
import type { Host } from './start-host.ts'
import { version } from './version.ts'

const roleLines: Record<Role, string> = {
  all: '',
  api: '  Role      api: it accepts and streams; turns wait for a process that runs them\n',
  worker: '  Role      worker: it runs turns, and serves nothing but /healthz and /readyz\n',
}

/** What `start` says when it is ready, so long after the process began: where it is, and what to paste next. */
export function writeBanner(host: Host, config: Config, sinceBeginMs: number): string {
  const { address, defaultModel } = host
  const { role, databaseUrl, dataDir } = config
  const pages = role === 'worker' ? '' : `  Console   ${address}/\n  Docs      ${address}/docs\n`
  return `
Reprise ${version} is ready after ${(sinceBeginMs / 1_000).toFixed(1)} s.

  Address   ${address}
${pages}${roleLines[role]}  Data      ${databaseUrl === null ? `${dataDir} (PostgreSQL of its own, kept between starts)` : 'in the PostgreSQL that DATABASE_URL names'}
  Model     ${defaultModel}
${role === 'worker' ? '\n' : writeFirstSteps(host, config)}Ctrl-C stops everything.
`
}

function writeFirstSteps({ address, asksForKeys, quickstartSessionId }: Host, { apiKey }: Config): string {
  const session = `${address}/v1/sessions/${quickstartSessionId}`
  // By its name: a key does not belong on a screen.
  const name = apiKey === null ? 'KEY' : 'REPRISE_API_KEY'
  const key = asksForKeys ? ` -H "Authorization: Bearer $${name}"` : ''
  const hint = asksForKeys && apiKey === null ? ', with your key in KEY ("pnpm reprise keys create" makes one)' : ''
  const body = JSON.stringify({ message: { content: [{ type: 'text', text: 'Hello!' }] } })
  return `
Post a message${hint}:

  curl -X POST ${session}/messages${key} -H 'Content-Type: application/json' -d '${body}'

Watch its turn, from another terminal:

  curl -N ${session}/sse${key}

Next, try "pnpm demo" in another terminal. `
}
