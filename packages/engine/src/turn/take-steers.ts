import { readPendingSteers, reachCrashPoint } from '@reprise/store'
import type { TurnRun } from './turn-run.ts'

/** Gives the messages that joined the turn their places, behind all that is in its prompt: the next call reads them. */
export async function takeSteers({ turn, writer, services }: TurnRun): Promise<void> {
  const steers = await readPendingSteers(services.db, turn.session_id, turn.id)
  for (const steer of steers) writer.placeSteer(steer)
  reachCrashPoint('turn.steered')
}
