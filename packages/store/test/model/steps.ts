/** The random steps. Each is plain data, meant anew in whatever state it finds: so a run can be shrunk by leaving steps out. */
import type { WhenBusy } from '@reprise/contract'
import fc from 'fast-check'

/**
 * How an append travels. Whoever is told nothing sends it again at some later `resend`: `reply_lost` after it was
 * stored, `request_lost` before it ever arrived. A `cut` connection is the journal's own to mend.
 */
export type Travel = 'safely' | 'reply_lost' | 'request_lost' | 'reply_cut' | 'request_cut'

/** What a worker does with the turn that it runs. */
export interface Choice {
  /** Which calls the model's answer makes: one of `answers` in `runner.ts`. */
  says: number
  /** In one checkpoint with what follows, where that may be. */
  together: boolean
  instead: 'nothing' | 'delta' | 'attempt' | 'failure'
}

interface By {
  /** Which process does it. */
  process: number
  /** With a free slot for the turn that becomes active by it. */
  takes: boolean
  travel: Travel
}

export type SendingStep =
  | ({ do: 'post'; session: number; when_busy: WhenBusy; key: number | null; other_body: boolean; retries: boolean; crowded: boolean } & By)
  | ({ do: 'cancel'; session: number; scope: 'all' | 'running' | 'turn'; pick: number } & By)
  | ({ do: 'work'; pick: number } & Choice & By)
  | ({ do: 'answer'; session: number; calls: number } & By)
  | ({ do: 'decide'; session: number; calls: number; denies: boolean } & By)
  | { do: 'resend'; pick: number }
  | { do: 'zombie'; pick: number; resent: boolean; stale: 'no' | 'number' | 'epoch' }
  | { do: 'beat'; process: number; slots: number; heeds: boolean }
  | { do: 'delete'; session: number }

export type Step =
  | SendingStep
  | { do: 'race'; steps: SendingStep[] }
  /** `relay`: whoever takes the dead worker's turns over dies of them too, so many times. */
  | { do: 'crash'; process: number; how: 'killed' | 'frozen' | 'removed'; relay: number }
  | { do: 'forget'; process: number; pick: number }
  | { do: 'deadline'; session: number }
  | { do: 'drain'; process: number }

export const sessionsMax = 3
export const processesMax = 3

const session = fc.nat(sessionsMax - 1)
const process = fc.nat(processesMax - 1)
const pick = fc.nat(7)
const seldom = fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) })
const travel = weigh<Travel>({ safely: 880, reply_lost: 60, request_lost: 54, reply_cut: 3, request_cut: 3 })
const by = { process, takes: fc.boolean(), travel }

const post = fc.record({
  do: fc.constant('post'),
  session,
  when_busy: weigh<WhenBusy>({ enqueue: 4, steer: 4, interrupt: 2, rollback: 2, reject: 1 }),
  key: fc.option(fc.nat(5), { freq: 2 }),
  other_body: seldom,
  retries: seldom,
  crowded: seldom,
  ...by,
})
const cancel = fc.record({ do: fc.constant('cancel'), session, scope: fc.constantFrom('all', 'running', 'turn'), pick, ...by })
const work = fc.record({
  do: fc.constant('work'),
  pick,
  says: fc.nat(12),
  together: fc.boolean(),
  instead: weigh<Choice['instead']>({ nothing: 15, delta: 2, attempt: 1, failure: 1 }),
  ...by,
})
const answer = fc.record({ do: fc.constant('answer'), session, calls: fc.integer({ min: 1, max: 2 }), ...by })
const decide = fc.record({ do: fc.constant('decide'), session, calls: fc.integer({ min: 1, max: 3 }), denies: seldom, ...by })
const resend = fc.record({ do: fc.constant('resend'), pick })
const zombie = fc.record({ do: fc.constant('zombie'), pick, resent: fc.boolean(), stale: fc.constantFrom('no', 'number', 'epoch') })
const beat = fc.record({ do: fc.constant('beat'), process, slots: fc.nat(3), heeds: fc.boolean() })

const remove = fc.record({ do: fc.constant('delete'), session })

const sending: fc.WeightedArbitrary<SendingStep>[] = [
  { weight: 40, arbitrary: work },
  { weight: 16, arbitrary: post },
  { weight: 12, arbitrary: resend },
  { weight: 10, arbitrary: beat },
  { weight: 9, arbitrary: answer },
  { weight: 9, arbitrary: decide },
  { weight: 5, arbitrary: zombie },
  { weight: 3, arbitrary: cancel },
  { weight: 1, arbitrary: remove },
]
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 95, arbitrary: fc.oneof(...sending) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('race'), steps: fc.array(fc.oneof(...sending), { minLength: 2, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash'), process, how: fc.constantFrom('killed', 'frozen', 'removed'), relay: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget'), process, pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deadline'), session }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drain'), process }) },
)

export const steps: fc.Arbitrary<Step[]> = fc.array(step, { maxLength: 120, size: 'max' })

function weigh<T extends string>(weights: Record<T, number>): fc.Arbitrary<T> {
  const entries = Object.entries(weights) as [T, number][] // the keys are those of the record
  return fc.oneof(...entries.map(([value, weight]) => ({ weight, arbitrary: fc.constant(value) })))
}
