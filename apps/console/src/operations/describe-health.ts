import type { DurableHealth, Worker } from '@reprise/contract'
import { formatDuration } from '../ui/format-duration.ts'

export interface State {
  level: 'well' | 'strained' | 'failing'
  words: string
}

/** So long a turn may wait for a worker before it is worth saying. */
const patienceMs = 5_000
const failedMany = 10

/** How the server is, in one sentence: the worst that is true. */
export function describeHealth(health: DurableHealth, workers: readonly Worker[]): State {
  const { turns_ready, turns_running, turns_parked, turns_failed_last_hour, oldest_ready_age_ms, workers_live, slots } = health
  const age = oldest_ready_age_ms === null ? '' : `, the oldest for ${formatDuration(oldest_ready_age_ms)}`
  if (workers_live === 0) return { level: 'failing', words: turns_ready > 0 ? `No worker is there: ${count(turns_ready, 'turn')} waiting${age}` : 'No worker is there: what is posted waits' }
  if (turns_ready > 0 && (oldest_ready_age_ms ?? 0) > patienceMs) return { level: turns_running >= slots ? 'strained' : 'failing', words: `${count(turns_ready, 'turn')} waiting${age}: ${turns_running >= slots ? 'every slot is taken' : 'nobody takes them'}` }
  const open = nameProviders(workers, 'open')
  if (open.length > 0) return { level: 'failing', words: `${open.join(' and ')} failed too often, and ${open.length === 1 ? 'is' : 'are'} left alone for a while` }
  const halfOpen = nameProviders(workers, 'half_open')
  if (halfOpen.length > 0) return { level: 'strained', words: `${halfOpen.join(' and ')} failed too often: the next call shows whether ${halfOpen.length === 1 ? 'it is' : 'they are'} back` }
  const late = workers.filter(({ status }) => status === 'late').length
  if (late > 0) return { level: 'strained', words: `${count(late, 'worker')} late with the heartbeat` }
  if (turns_failed_last_hour >= failedMany) return { level: 'strained', words: `${count(turns_failed_last_hour, 'turn')} failed within the hour` }
  const parked = turns_parked === 0 ? '' : `, ${count(turns_parked, 'turn')} waiting for callers`
  return { level: 'well', words: `All is well: ${count(workers_live, 'worker')}, ${turns_running === 0 ? 'nothing runs' : `${count(turns_running, 'turn')} running`}${parked}` }
}

function nameProviders(workers: readonly Worker[], wanted: Worker['breakers'][number]['state']): string[] {
  const breakers = workers.flatMap((worker) => worker.breakers)
  return [...new Set(breakers.flatMap(({ state, provider_name }) => (state === wanted ? (provider_name ?? 'a deleted provider') : [])))]
}

function count(many: number, what: string): string {
  return `${many.toLocaleString('en')} ${what}${many === 1 ? '' : 's'}`
}
