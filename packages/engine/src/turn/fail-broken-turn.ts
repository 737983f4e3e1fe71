import { cancelTurn } from './cancel-turn.ts'
import { failTurn } from './end-turn.ts'
import type { Lease } from './lease.ts'
import { resumeTurn, type TurnToResume } from './resume-turn.ts'
import { startResumedRun, type RunOwner } from './start-run.ts'
import { noTools } from '../tools/turn-tools.ts'
import type { TurnServices } from './turn-run.ts'
import { toolCallsOf, type TurnOutcome } from './turn.ts'

const lost: TurnOutcome = { hasEnded: false, isWholePast: false, next_turn_id: null }

/** Fails a turn whose run broke, or could not even start, from where the journal has it: what a run held in memory is not to be trusted. */
export async function failBrokenTurn(services: TurnServices, held: TurnToResume, lease: Lease, owner: RunOwner, error: unknown): Promise<TurnOutcome> {
  const resumed = await resumeTurn(services.db, held)
  if (!resumed) return lost
  const run = await startResumedRun(services, resumed, lease, owner, noTools)
  const { messages } = run.turn
  const answered = new Set(messages.flatMap((message) => (message.role === 'tool_result' ? message.content.map((part) => part.tool_call_id) : [])))
  const openCallIds = messages.flatMap(toolCallsOf).map((call) => call.id).filter((id) => !answered.has(id))
  return (await failTurn(run, 'internal_error', error, openCallIds)) ?? (await cancelTurn(run, lease.cancelReason ?? 'cancel')) // only a cancel keeps a turn from failing
}
