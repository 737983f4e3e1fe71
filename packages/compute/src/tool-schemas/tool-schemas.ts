import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { limits, type Parsed } from '@reprise/contract'
import type { ThreadPool } from '../thread-pool.ts'
import { exceedsDepth } from './exceeds-depth.ts'

/** For one check, once its thread has begun with it. */
const checkMsMax = 1_000
/** For the task: loading a validator on a thread that is just starting is not the schema's fault. */
const taskMsMax = 15_000
/** A schema that took too long is not tried again for so long. */
const slowForMs = 60_000
const rememberedMax = 500

/**
 * JSON Schemas of callers, and what their tools are called with. Their patterns may take for ever and their check is
 * generated code, so nothing of them ever runs on the main thread: see docs/adr.
 */
export class ToolSchemas {
  readonly #pool: ThreadPool
  /** Hashes of schemas that can be used. */
  readonly #usable = new Set<string>()
  /** Until when a schema is not tried. */
  readonly #slow = new Map<string, number>()
  readonly #texts = new WeakMap<object, string>()

  constructor(pool: ThreadPool) {
    this.#pool = pool
  }

  /** Whether a tool can have this schema. The refusal's message goes on from a subject: "is too large". */
  async checkSchema(schema: Record<string, unknown>, signal: AbortSignal | undefined): Promise<Parsed<null>> {
    const { type } = schema
    if (type !== undefined && type !== 'object') return refuse('must be the schema of an object: its type must be "object"')
    if (exceedsDepth(schema, limits.toolSchemaDepthMax)) return refuse(`is nested deeper than ${limits.toolSchemaDepthMax} levels`)
    const schemaJson = this.#write(schema)
    if (Buffer.byteLength(schemaJson) > limits.toolSchemaBytesMax) return refuse(`is larger than ${limits.toolSchemaBytesMax} bytes`)
    const sha256 = createHash('sha256').update(schemaJson).digest('hex')
    if (this.#usable.has(sha256)) return { ok: true, value: null }
    const checked = await this.#pool.run('checkToolSchema', { schemaJson, timeoutMs: checkMsMax }, { transfer: [], signal, timeoutMs: taskMsMax })
    // Whatever the task has failed with, memory or time, the schema has cost it.
    if (!checked.ok) return checked.refusal.code === 'task_failed' ? refuse('is too costly to compile') : checked
    if (checked.value !== null) return refuse(checked.value)
    if (this.#usable.size >= rememberedMax) this.#usable.clear()
    this.#usable.add(sha256)
    return { ok: true, value: null }
  }

  /** What is wrong with the arguments of a call, nothing for none. A refusal means that nobody knows. */
  async checkArguments(schema: Record<string, unknown>, args: unknown, signal: AbortSignal | undefined): Promise<Parsed<string[]>> {
    const schemaJson = this.#write(schema)
    if (schemaJson.length > limits.toolSchemaBytesMax) return refuse(`the tool’s schema is larger than ${limits.toolSchemaBytesMax} bytes`)
    const argumentsJson = JSON.stringify(args)
    if (argumentsJson.length > limits.toolArgumentsBytesMax) return { ok: true, value: [`they are larger than ${limits.toolArgumentsBytesMax} bytes`] }
    const slowUntil = this.#slow.get(schemaJson)
    if (slowUntil !== undefined) {
      if (performance.now() < slowUntil) return refuse('the tool’s schema took too long a moment ago')
      this.#slow.delete(schemaJson)
    }
    const input = { schemaJson, argumentsJson, timeoutMs: checkMsMax }
    const checked = await this.#pool.run('checkToolArguments', input, { transfer: [], signal, timeoutMs: taskMsMax })
    if (!checked.ok && checked.refusal.code === 'task_failed') this.#rememberSlow(schemaJson)
    return checked
  }

  /** As what its arguments have to be: an object, whether the schema says so or not. */
  #write(schema: Record<string, unknown>): string {
    let text = this.#texts.get(schema)
    if (text === undefined) {
      text = JSON.stringify({ ...schema, type: 'object' })
      this.#texts.set(schema, text)
    }
    return text
  }

  #rememberSlow(schemaJson: string): void {
    if (this.#slow.size >= rememberedMax) this.#slow.clear()
    this.#slow.set(schemaJson, performance.now() + slowForMs)
  }
}

function refuse(message: string): Parsed<never> {
  return { ok: false, refusal: { code: 'invalid_request', message } }
}
