/** `pnpm bench [section …]`: prints figures of this machine. They are only worth comparing within one run. */
import { cpus, totalmem } from 'node:os'
import { measureActiveStreams } from './active-streams.ts'
import { measureIdle } from './idle.ts'
import { measureIdleStreams } from './idle-streams.ts'
import { measureInterference } from './interference.ts'
import { measureLatency } from './latency.ts'
import { measureLimits } from './limits.ts'
import { measureLists } from './lists.ts'
import { measurePhotographs } from './photographs.ts'
import { measureProcesses } from './processes.ts'
import { measureRequests } from './requests.ts'
import { measureSearch } from './search.ts'
import { measureSize } from './size.ts'
import { measureStartUp } from './start-up.ts'
import { measureStreaming } from './streaming.ts'
import { measureThroughput } from './throughput.ts'

const sections: Record<string, () => Promise<void>> = {
  throughput: measureThroughput,
  latency: measureLatency,
  limits: measureLimits,
  photographs: measurePhotographs,
  streams: measureIdleStreams,
  'active-streams': measureActiveStreams,
  streaming: measureStreaming,
  lists: measureLists,
  search: measureSearch,
  requests: measureRequests,
  start: measureStartUp,
  processes: measureProcesses,
  idle: measureIdle,
  size: measureSize,
  interference: measureInterference,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(sections, name))
if (unknown.length > 0) {
  console.error(`There is no section "${unknown.join(' ')}". There are: ${Object.keys(sections).join(', ')}.`)
  process.exit(1)
}

const [cpu] = cpus()
console.log(`${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.env['REPRISE_BENCH_DATABASE_URL'] ? 'a PostgreSQL of your own' : 'the built-in PostgreSQL 18 with fsync'}, all on this machine`)
for (const [name, measure] of Object.entries(sections)) if (asked.length === 0 || asked.includes(name)) await measure()
