import { createPromptMemory } from '../prompt/prompt-memory.ts'
import type { TurnTools } from '../tools/turn-tools.ts'
import type { ResumedTurn } from './resume-turn.ts'
import type { Lease } from './lease.ts'
import type { TurnRun, TurnServices } from './turn-run.ts'
import { TurnWriter } from './turn-writer.ts'
import type { Turn } from './turn.ts'

export type RunOwner = Pick<TurnRun, 'worker_id' | 'nextWorkerId'>

/** Starts a run of a turn that was just accepted. Tools are given where there are to be none: a run that only ends its turn asks nobody for theirs. */
export async function startRun(services: TurnServices, turn: Turn, lease: Lease, { worker_id, nextWorkerId }: RunOwner, given?: TurnTools): Promise<TurnRun> {
  const tools = given ?? (await services.toolbox.choose(turn, lease.signal))
  for (const collision of tools.collisions) services.log.warn({ ...collision, turn_id: turn.id, session_id: turn.session_id }, 'a tool was left out: another has its name')
  return {
    services,
    turn,
    tools,
    writer: new TurnWriter(services.journal, turn, lease),
    lease,
    worker_id,
    nextWorkerId,
    stepMayHaveBegun: false,
    foundCalls: new Map(),
    faults: new Map(),
    cutOff: null,
    earlier: null,
    prompt: createPromptMemory(services, turn, lease.signal),
    time_to_first_token_ms: null,
  }
}

/** Starts a run of a turn as the journal tells it, and writes what streams must hear of that. */
export async function startResumedRun(services: TurnServices, resumed: ResumedTurn, lease: Lease, owner: RunOwner, given?: TurnTools): Promise<TurnRun> {
  const { turn, foundCalls, hasStarted, interruptedCall, mayHaveRun, cancelReason, isCompactionTold } = resumed
  if (cancelReason) lease.cancel(cancelReason)
  const run: TurnRun = { ...(await startRun(services, turn, lease, owner, given)), foundCalls, stepMayHaveBegun: mayHaveRun }
  const { writer } = run
  run.prompt.isCompactionTold = isCompactionTold
  if (!hasStarted) writer.event('turn.started', { turn_id: turn.id, input_message_id: turn.input_message_id })
  if (cancelReason) {
    if (interruptedCall?.isUnderWay && interruptedCall.text !== '') run.cutOff = interruptedCall
  } else if (interruptedCall) {
    writer.event('reason.recovered', { turn_id: turn.id, mode: 'restart', accumulated_len: interruptedCall.text.length })
  }
  return run
}
