import { followStream, type StreamFollower } from './follow-stream.ts'
import type { Processes } from './processes.ts'
import type { Random } from './random.ts'
import type { PlayedSession } from './scene.ts'

/** One session in so many has a reader. */
const sessionsPerReader = 2
/** How long it goes on watching a session that is over. */
const readsOnMs = 2_000

/** Those who watch sessions while they happen. */
export class Audience {
  readonly #processes: Processes
  readonly #random: Random
  readonly #signal: AbortSignal
  readonly #followers = new Map<string, StreamFollower>()
  #sessions = 0

  constructor(processes: Processes, random: Random, signal: AbortSignal) {
    this.#processes = processes
    this.#random = random
    this.#signal = signal
  }

  sessionBegins({ id }: PlayedSession): void {
    this.#sessions += 1
    if (this.#sessions % sessionsPerReader !== 0) return
    this.#followers.set(id, followStream(this.#processes, this.#random.fork(String(this.#sessions)), id, this.#signal))
  }

  /** Nothing more will be said in it: what is left to hear is heard in the end. */
  sessionIsOver({ id }: PlayedSession): void {
    const follower = this.#followers.get(id)
    if (follower) setTimeout(() => follower.rest(), readsOnMs).unref()
  }

  followerOf(sessionId: string): StreamFollower | undefined {
    return this.#followers.get(sessionId)
  }

  count(): { followed: number; connections: number; events: number } {
    const followers = [...this.#followers.values()]
    return {
      followed: followers.length,
      connections: followers.reduce((sum, { connections }) => sum + connections, 0),
      events: followers.reduce((sum, { events }) => sum + events.length, 0),
    }
  }
}
