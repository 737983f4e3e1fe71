import type { Throughput } from '@reprise/contract'
import { readThroughput } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'

const minutesMax = 1_440
const stepsMax = 360
const stepMsMin = 10_000
const wholeMs = 1_000
const turnsMax = 100_000

export const getThroughputInput = z.object({ minutes: z.int().min(1).max(minutesMax).default(60).describe('So far back') })

/** How many of the organization's turns ended lately, and how long they took. It is read from the turns themselves: nothing is written for it. */
export async function getThroughput({ db }: Services, caller: Caller, { minutes }: z.output<typeof getThroughputInput>): Promise<Throughput> {
  const step_ms = Math.max(stepMsMin, Math.ceil((minutes * 60_000) / stepsMax / wholeMs) * wholeMs)
  const steps = Math.ceil((minutes * 60_000) / step_ms)
  const { data, turns } = await readThroughput(db, { organization_id: caller.organization_id, steps, step_ms, turns_max: turnsMax })
  return { step_ms, data, is_complete: turns < turnsMax }
}
