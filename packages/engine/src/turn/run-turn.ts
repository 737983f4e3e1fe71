import { AppError } from '@reprise/contract'
import { ModelError } from '../models/model-error.ts'
import { callModel } from './call-model.ts'
import { completeTurn, failTurn } from './end-turn.ts'
import { nextStep } from './next-step.ts'
import { refuseTools, runTools } from './run-tools.ts'
import { outlineMessages, type TurnOutcome } from './turn.ts'
import type { TurnRun } from './turn-run.ts'
import { LeaseLost, TurnWriter } from './turn-writer.ts'

const leftOff: TurnOutcome = { hasEnded: false, next_turn_id: null }

/**
 * Takes a turn from where it stands to its end, one step after the other. A turn that was lost on the way just stops.
 */
export async function runTurn(run: TurnRun): Promise<TurnOutcome> {
  const { turn, services, signal } = run
  try {
    return await takeSteps(run)
  } catch (error) {
    if (error instanceof LeaseLost || signal.aborted) return leftOff
    const fields = { err: error, turn_id: turn.id, session_id: turn.session_id }
    if (error instanceof AppError && error.status === 503) {
      // The database is away or the process is stopping: the journal stands, and whoever takes the turn goes on from it.
      services.log.warn(fields, 'a turn was put down')
      return leftOff
    }
    services.log.error(fields, 'a turn failed')
    const failing = error instanceof ModelError ? run : { ...run, writer: new TurnWriter(services.journal, turn, signal) }
    return await failTurn(failing, error instanceof ModelError ? error.turn_error_code : 'internal_error', error)
  }
}

async function takeSteps(run: TurnRun): Promise<TurnOutcome> {
  const { turn } = run
  const { max_iterations } = turn.definition
  for (;;) {
    const step = nextStep({ status: turn.status, max_iterations }, outlineMessages(turn.messages))
    switch (step.kind) {
      case 'call_model':
        await callModel(run, step.iteration)
        break
      case 'run_tools':
        await runTools(run, step.open_call_ids)
        break
      case 'refuse_tools':
        refuseTools(run, step.open_call_ids, `The turn has reached its limit of ${max_iterations} model calls.`)
        break
      case 'complete':
        return await completeTurn(run)
      case 'fail':
        return await failTurn(run, step.error_code, null)
      case 'none':
        return leftOff
    }
  }
}
