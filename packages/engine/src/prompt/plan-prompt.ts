import { ModelError } from '../models/model-error.ts'
import type { TurnRun } from '../turn/turn-run.ts'
import type { TurnWriter } from '../turn/turn-writer.ts'
import { chooseCut, type ChosenCut } from './choose-cut.ts'
import type { PromptCut } from './compact-prompt.ts'
import { readEarlierTurns, type EarlierTurn } from './earlier-turns.ts'

type Compacted = Extract<ChosenCut, { outcome: 'compacted' }>

/** What of a session a prompt shows. */
export interface PromptPlan {
  earlier: readonly EarlierTurn[]
  cut: PromptCut
}

/**
 * Decides what of the session the turn's next prompt shows, and writes the events that tell of a compaction. The prompt
 * has room when this returns; else it throws a ModelError, and no model is called.
 */
export async function planPrompt(run: TurnRun): Promise<PromptPlan> {
  const { turn, tools, services, writer, prompt } = run
  const { isCompactionTold } = prompt
  prompt.isCompactionTold = false
  // A turn that is posted again leaves the failed one out, which memory does not know.
  const earlier = (run.earlier ??= (turn.retry_of === null ? services.pasts.find(turn) : null) ?? (await readEarlierTurns(services.db, turn)))
  const startedAt = performance.now()
  const chosen = chooseCut(turn, earlier, tools.specs, prompt)
  if (chosen.outcome === 'too_large') {
    const { tokens, tokensMax } = chosen
    throw new ModelError('context_too_large', `the prompt is about ${tokens} tokens long, and the model has room for ${tokensMax} beside its answer`)
  }
  if (chosen.outcome === 'compacted' && !isCompactionTold) tellCompaction(writer, chosen, performance.now() - startedAt)
  return { earlier, cut: chosen.cut }
}

/** Nothing is told when the call before left out as much. */
function tellCompaction(writer: TurnWriter, { sized, before, cut }: Compacted, durationMs: number): void {
  const gone = sized.slice(0, cut.turns).flat()
  const hasCutTurns = cut.turns > before.turns
  // Of results in turns that are left out nothing more is to be said.
  const hasCutResults = cut.results > Math.max(before.results, gone.filter((message) => message.role === 'tool_result').length)
  if (!hasCutTurns && !hasCutResults) return
  const messagesAll = sized.flat().length
  const messages_before = messagesAll - sized.slice(0, before.turns).flat().length
  writer.event('context.compacting', { reason: 'context_window', strategy: 'drop_oldest', messages_before })
  writer.event('context.compacted', {
    strategy_used: hasCutTurns ? (hasCutResults ? 'drop_tool_results_and_turns' : 'drop_turns') : 'drop_tool_results',
    messages_before,
    messages_after: messagesAll - gone.length,
    duration_ms: Math.round(durationMs),
  })
}
