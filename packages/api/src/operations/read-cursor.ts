import { readEventSequence, type SessionTip } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'

/** The sequence that a cursor stands for. One that is another session's or lies ahead is refused: never a silent jump to the end. */
export function readCursor(sessionId: string, tip: SessionTip, eventId: string, path: string): number {
  const sequence = readEventSequence(sessionId, eventId)
  if (sequence === null) throw fieldError('invalid_cursor', path, `${eventId} is not an event of this session`)
  if (sequence > tip.last_sequence) throw fieldError('invalid_cursor', path, `${eventId} lies beyond the session's last event`)
  return sequence
}
