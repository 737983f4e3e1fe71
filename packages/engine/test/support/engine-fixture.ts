import { createCompute } from '@reprise/compute'
import { newId, type Event } from '@reprise/contract'
import { Announcer, createPool, followEvents, Hub, insertSession, Journal, makeSeededSession, readEvents, seed, seeded, type NewSession } from '@reprise/store'
import type pg from 'pg'
import { createTestDatabase } from '../../../../test/database.ts'
import { createEngine, type Engine, type EngineOptions, type IncomingMessage } from '../../src/index.ts'

export interface EngineProcess {
  engine: Engine
  hub: Hub
  stop(): Promise<void>
}

export interface EngineFixture {
  connectionString: string
  pool: pg.Pool
  /** Everything that one process has: a journal, a hub and an engine of its own. */
  startProcess(options?: Partial<EngineOptions>): Promise<EngineProcess>
  createSession(changes?: Partial<NewSession>): Promise<string>
  message(sessionId: string, text: string, changes?: Partial<IncomingMessage>): IncomingMessage
  events(sessionId: string): Promise<Event[]>
  /** The session's events up to the first of a type, followed as a stream would. */
  eventsUntil(process: EngineProcess, sessionId: string, type: string, count?: number): Promise<Event[]>
  close(): Promise<void>
}

const quiet = { info() {}, warn() {}, error() {} }

export async function openEngineFixture(): Promise<EngineFixture> {
  const database = await createTestDatabase()
  const { connectionString } = database
  const pool = createPool({ connectionString, applicationName: 'test' })
  await seed(pool)
  const compute = createCompute({ threads: 1 })
  const processes: EngineProcess[] = []
  const { organization_id } = seeded
  return {
    connectionString,
    pool,
    async startProcess(options = {}) {
      const journal = new Journal({ connectionString })
      const hub = new Hub()
      const announcer = new Announcer({ connectionString, hub })
      await announcer.start()
      journal.onCommitted((committed) => {
        hub.publish(committed)
        announcer.committed(committed)
      })
      const engine = createEngine({ connectionString, db: pool, journal, compute, log: quiet, ...options, limits: { retryBaseMs: 20, ...options.limits } })
      await engine.start()
      const started: EngineProcess = {
        engine,
        hub,
        async stop() {
          await engine.stop()
          await journal.stop()
          await announcer.stop()
        },
      }
      processes.push(started)
      return started
    },
    async createSession(changes = {}) {
      return (await insertSession(pool, makeSeededSession(changes))).id
    },
    message(session_id, text, changes = {}) {
      return {
        organization_id,
        session_id,
        message_id: newId('message'),
        content_json: JSON.stringify([{ type: 'text', text }]),
        controls_json: null,
        metadata_json: null,
        tags_json: null,
        external_actor_json: null,
        model_id: null,
        reasoning_effort: null,
        error_disclosure: null,
        when_busy: null,
        idempotency_key: null,
        body_sha256: 'a'.repeat(64),
        image_ids: [],
        ...changes,
      }
    },
    async events(session_id) {
      const records = await readEvents(pool, { organization_id, session_id, limit: 1000, newest: false })
      return records.map((record) => JSON.parse(record.json) as Event)
    },
    async eventsUntil({ hub }, session_id, type, count = 1) {
      const controller = new AbortController()
      const events: Event[] = []
      let left = count
      for await (const page of followEvents(pool, hub, { organization_id, session_id, after: 0, signal: controller.signal })) {
        for (const record of page) {
          events.push(JSON.parse(record.json) as Event)
          if (record.type === type) left -= 1
          if (left === 0) return events
        }
      }
      throw new Error('the stream ended')
    },
    async close() {
      await Promise.all(processes.map((process) => process.stop()))
      await compute.stop()
      await pool.end()
      await database.drop()
    },
  }
}

/** A user's text that makes the sim follow a script. */
export function script(steps: object[]): string {
  return `Follow this.\n\`\`\`sim\n${JSON.stringify({ steps })}\n\`\`\``
}
