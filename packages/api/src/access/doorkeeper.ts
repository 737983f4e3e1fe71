import { createHmac, timingSafeEqual } from 'node:crypto'
import { AppError, includeScopes, keyScopes } from '@reprise/contract'
import { hashSecret, isKeySecret, seeded, type Credential, type CredentialRow, type Database } from '@reprise/store'
import type { FastifyBaseLogger } from 'fastify'
import type { Caller } from '../services.ts'
import { Credentials } from './credentials.ts'
import { KeyUses, keyUsePeriodMs } from './key-uses.ts'
import { OpenAnswers } from './open-answers.ts'
import { Openness } from './openness.ts'

const roundMs = 1_000

export interface DoorkeeperOptions {
  db: Database
  log: Pick<FastifyBaseLogger, 'warn'>
  /** The one of the configuration, which is the operator's. */
  api_key: string | null
  /** For tests; a key's last use is written so often at most. */
  key_use_period_ms?: number
}

/** Who is let in, and what for. */
export interface Admitted {
  caller: Caller
  /** Null: the configured key, or none where none is asked for. Nothing can end them. */
  credential: Credential | null
  key_name: string | null
  expires_at: string | null
}

/** Knows the keys and logins that open this server, and whether it asks for any. */
export class Doorkeeper {
  readonly openness: Openness
  readonly answers = new OpenAnswers()
  readonly #credentials: Credentials
  readonly #uses: KeyUses
  readonly #log: DoorkeeperOptions['log']
  readonly #configuredKey: string | null
  readonly #configuredHash: string | null
  #isGoingRound = false
  #hasFailed = false
  #timer: NodeJS.Timeout | undefined

  constructor({ db, log, api_key, key_use_period_ms = keyUsePeriodMs }: DoorkeeperOptions) {
    this.openness = new Openness(db, api_key !== null)
    this.#credentials = new Credentials(db)
    this.#uses = new KeyUses(db, key_use_period_ms)
    this.#log = log
    this.#configuredKey = api_key
    this.#configuredHash = api_key === null ? null : hashSecret(api_key)
  }

  async start(): Promise<void> {
    await this.openness.isOpen()
    this.#timer = setInterval(() => void this.#goRound(), roundMs).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#uses.write('all').catch((err: unknown) => this.#log.warn({ err }, 'the last use of keys was not written'))
  }

  /** By a key, as it stands in a header or was entered. */
  async admitKey(key: string): Promise<Admitted> {
    const sha256 = hashSecret(key)
    if (this.#configuredHash !== null && isSame(sha256, this.#configuredHash)) return operator
    if (await this.openness.isOpen()) return operator
    if (key === '') throw refuseWithoutKey()
    if (!isKeySecret(key)) throw refuse(key.startsWith('rk_') ? 'The API key is malformed: it may have been cut off' : 'The API key is not known')
    return await this.#admit({ kind: 'key', sha256 }, 'The API key')
  }

  /** By the token of a login; null when it has ended, or never was. */
  async admitLogin(token: string): Promise<Admitted | null> {
    const credential: Credential = { kind: 'login', sha256: hashSecret(token) }
    return await this.#admit(credential, 'The login', token).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'unauthorized') return null
      throw error
    })
  }

  /** Whether there is one of this token, good or not. Asking costs no more than to show a key does. */
  async hasLogin(token: string): Promise<boolean> {
    return (await this.#credentials.find({ kind: 'login', sha256: hashSecret(token) })) !== null
  }

  async admitNobody(): Promise<Admitted> {
    if (await this.openness.isOpen()) return operator
    throw refuseWithoutKey()
  }

  /** Ties a login to the configured key, which is stored nowhere: without the token nobody can tell which it was. */
  proveConfiguredKey(token: string): string {
    return createHmac('sha256', token).update(this.#configuredKey ?? '').digest('hex')
  }

  /** What another process learns within 5 s holds here at once. */
  keyHasChanged(keyId: string): void {
    this.#credentials.forget((row) => row.key_id === keyId)
    void this.#goRound()
  }

  loginHasEnded(token: string): void {
    const sha256 = hashSecret(token)
    this.#credentials.forget((row) => row.kind === 'login' && row.sha256 === sha256)
    void this.#goRound()
  }

  async #admit(credential: Credential, subject: string, token = ''): Promise<Admitted> {
    const found = await this.#credentials.find(credential)
    // It was looked up by its hash already; this says that it is the very same, in a time that tells nothing.
    if (!found || !isSame(found.row.sha256, credential.sha256)) throw refuse(`${subject} is not known`)
    const { row, is_expired } = found
    if (row.is_revoked) throw refuse(`${subject} was revoked`)
    if (is_expired) throw refuse(`${subject} has expired`)
    const { key_name, expires_at } = row
    if (row.configured_key_proof !== null) {
      const isCurrent = this.#configuredKey !== null && isSame(this.proveConfiguredKey(token), row.configured_key_proof)
      if (!isCurrent) throw refuse(`${subject} has ended`)
      return { caller: operator.caller, credential, key_name, expires_at }
    }
    if (row.key_id !== null) this.#uses.record(row.organization_id, row.key_id)
    return { caller: describeCaller(row), credential, key_name, expires_at }
  }

  /** Cuts off what goes on for a key that opens it no more, and writes when keys were used. */
  async #goRound(): Promise<void> {
    if (this.#isGoingRound) return
    this.#isGoingRound = true
    try {
      await this.answers.check(async (credential) => {
        const found = await this.#credentials.find(credential)
        if (!found || found.row.is_revoked || found.is_expired) return []
        return includeScopes(found.row.scopes ?? [...keyScopes])
      })
      await this.#uses.write('due')
      this.#hasFailed = false
    } catch (err) {
      // While the database is away, once says it.
      if (!this.#hasFailed) this.#log.warn({ err }, 'keys could not be looked after')
      this.#hasFailed = true
    } finally {
      this.#isGoingRound = false
    }
  }
}

const operator: Admitted = {
  caller: { organization_id: seeded.organization_id, key_id: null, requests_per_minute: null, scopes: keyScopes, is_operator: true },
  credential: null,
  key_name: null,
  expires_at: null,
}

function describeCaller({ organization_id, key_id, scopes, requests_per_minute }: CredentialRow): Caller {
  const included = includeScopes(scopes ?? [])
  return { organization_id, key_id, requests_per_minute, scopes: included, is_operator: organization_id === seeded.organization_id && included.includes('admin') }
}

/** Hashes are of one length, so comparing them tells nothing but whether they are the same. */
function isSame(hash: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(other, 'hex'))
}

function refuse(message: string): AppError {
  return new AppError('unauthorized', { message })
}

function refuseWithoutKey(): AppError {
  return refuse('A valid API key is required, in the header Authorization')
}
