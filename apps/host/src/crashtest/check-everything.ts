import { setTimeout as pause } from 'node:timers/promises'
import type { Audience } from './audience.ts'
import type { CommittedEvent } from './check-events.ts'
import { checkSession, type SessionChecked } from './check-session.ts'
import type { Stage } from './open-stage.ts'
import { checkStream, readEvents, readMessages } from './read-session.ts'
import type { PlayedSession } from './scene.ts'
import type { Violation } from './violation.ts'

export interface Checked {
  violations: Violation[]
  ended: { completed: number; failed: number; cancelled: number }
  outcomesUnknown: number
  recoveredCalls: number
  /** The events of each turn, in order. */
  committed: Map<string, readonly CommittedEvent[]>
}

export interface ToCheck {
  stage: Stage
  sessions: readonly PlayedSession[]
  audience: Audience
  signal: AbortSignal
  onProgress(text: string): void
}

/** What has not ended so long after everything is quiet again is stuck. */
const settleMsMax = 30_000
const pollMs = 500

/** Reads every session back over REST, as any client can, and holds it against what was said and heard. */
export async function checkEverything({ stage, sessions, audience, signal, onProgress }: ToCheck): Promise<Checked> {
  const checked: Checked = { violations: [], ended: { completed: 0, failed: 0, cancelled: 0 }, outcomesUnknown: 0, recoveredCalls: 0, committed: new Map() }
  const settledBy = performance.now() + settleMsMax
  for (const [index, session] of sessions.entries()) {
    onProgress(`reading session ${index + 1} of ${sessions.length}`)
    const { turns, violations, outcomesUnknown, recoveredCalls, events } = await readSettled(stage, session, settledBy, signal)
    checked.violations.push(...violations)
    checked.outcomesUnknown += outcomesUnknown
    checked.recoveredCalls += recoveredCalls
    for (const { id, end, committed } of turns.values()) {
      checked.committed.set(id, committed)
      if (end !== null) checked.ended[end] += 1
    }
    const follower = audience.followerOf(session.id)
    if (follower) checked.violations.push(...(await checkStream(follower, events, signal)))
  }
  for (const what of [...stage.client.strange, ...stage.ledger.strange.map((call) => `the ledger got ${call}`)]) {
    checked.violations.push({ kind: 'incident', session_id: null, turn_id: null, what })
  }
  return checked
}

async function readSettled({ client, ledger }: Stage, session: PlayedSession, settledBy: number, signal: AbortSignal): Promise<SessionChecked & { events: Awaited<ReturnType<typeof readEvents>> }> {
  for (;;) {
    const events = await readEvents(client, session.id)
    const messages = await readMessages(client, session.id)
    const checked = checkSession({ session, events, messages, entriesFor: (marker) => ledger.entriesFor(marker) })
    if (!checked.violations.some(({ kind }) => kind === 'stuck') || performance.now() > settledBy) return { ...checked, events }
    await pause(pollMs, undefined, { signal })
  }
}
