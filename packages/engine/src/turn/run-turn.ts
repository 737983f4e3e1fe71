import { ModelError } from '../models/model-error.ts'
import { letImagesGo } from '../prompt/prompt-memory.ts'
import { callModel } from './call-model.ts'
import { cancelTurn } from './cancel-turn.ts'
import { completeTurn, failTurn } from './end-turn.ts'
import { findDebtor } from './find-debtor.ts'
import { judgeCalls } from './judge-calls.ts'
import { LeaseLost } from './lease.ts'
import { nextStep } from './next-step.ts'
import { runTools } from './run-tools.ts'
import { takeSteers } from './take-steers.ts'
import { outlineMessages, type TurnOutcome } from './turn.ts'
import type { TurnRun } from './turn-run.ts'
import { closeAwaitedCalls, parkTurn } from './wait-for-caller.ts'

const leftOff: TurnOutcome = { hasEnded: false, isWholePast: false, next_turn_id: null }

/**
 * Takes a turn from where it stands to its end, one step after the other. A turn that was lost on the way, or waits for
 * its caller, just stops. Throws what is no fault of the turn's steps: the journal then holds the turn as it stood.
 */
export async function runTurn(run: TurnRun): Promise<TurnOutcome> {
  const { turn, services, lease } = run
  try {
    return await takeSteps(run)
  } catch (error) {
    if (lease.isLost || error instanceof LeaseLost) return leftOff
    if (lease.cancelReason) return await cancelTurn(run, lease.cancelReason)
    if (!(error instanceof ModelError)) throw error
    services.log.warn({ err: error, turn_id: turn.id, session_id: turn.session_id }, 'a turn failed')
    const failed = await failTurn(run, error.turn_error_code, error)
    return failed ?? (await cancelTurn(run, lease.cancelReason ?? 'cancel')) // only a cancel keeps a turn from failing
  } finally {
    letImagesGo(run.prompt, run.earlier ?? [])
  }
}

async function takeSteps(run: TurnRun): Promise<TurnOutcome> {
  const { turn, lease } = run
  for (;;) {
    lease.signal.throwIfAborted()
    await judgeCalls(run)
    const { status, pending_steers, recoveries } = turn
    const { max_iterations } = turn.definition
    const step = nextStep({ status, max_iterations, pending_steers, recoveries }, outlineMessages(turn.messages, (call) => findDebtor(run, call)))
    if (step.kind !== 'call_model') run.stepMayHaveBegun = false
    switch (step.kind) {
      case 'call_model':
        await callModel(run, step.iteration)
        break
      case 'take_steers':
        await takeSteers(run)
        break
      case 'run_tools':
        await runTools(run, step.open_call_ids)
        break
      case 'close_calls':
        closeAwaitedCalls(run, step.open_call_ids, step.closed_by)
        break
      case 'park':
        if (await parkTurn(run, step)) return leftOff
        break
      case 'complete': {
        const completed = await completeTurn(run)
        if (completed) return completed
        break
      }
      case 'fail': {
        const failed = await failTurn(run, step.error_code, null, step.open_call_ids)
        if (failed) return failed
        break
      }
      case 'none':
        return leftOff
    }
  }
}
