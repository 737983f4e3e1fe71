/**
 * Seals secrets for the database: AES-256-GCM, in an envelope of
 *
 *   1 byte   the envelope's version
 *   4 bytes  of the SHA-256 of the key that sealed it, so that keys can be changed one after the other
 *   12 bytes nonce
 *   n bytes  ciphertext
 *   16 bytes tag
 *
 * The head and what the secret belongs to are authenticated with it: an envelope that is moved to another row, or changed
 * anywhere, does not open.
 */
import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const version = 1
const keyBytes = 32
const keyIdBytes = 4
const headBytes = 1 + keyIdBytes
const nonceBytes = 12
const tagBytes = 16

/** A secret that does not open. Its message names no secret. */
export class SealBroken extends Error {
  override name = 'SealBroken'
}

export class KeyRing {
  /** By key id, the one that seals first. Private: whatever prints or logs this object shows none of them. */
  readonly #keys: ReadonlyMap<string, Uint8Array>

  /** The first key seals; the others only open what they sealed before. Without any, nothing can be sealed. */
  constructor(keys: readonly Uint8Array[]) {
    if (keys.some((key) => key.length !== keyBytes)) throw new Error(`a key must have ${keyBytes} bytes`)
    this.#keys = new Map(keys.map((key) => [idOf(key), key]))
  }

  get canSeal(): boolean {
    return this.#keys.size > 0
  }

  /** Seals a text for what it belongs to, such as an organization and a row. */
  seal(secret: string, belongsTo: readonly string[]): Uint8Array {
    const [current] = this.#keys
    if (!current) throw new SealBroken('there is no key to seal with')
    const [id, key] = current
    const head = Buffer.concat([Buffer.of(version), Buffer.from(id, 'hex')])
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(authenticate(head, belongsTo))
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return Buffer.concat([head, nonce, sealed, cipher.getAuthTag()])
  }

  open(envelope: Uint8Array, belongsTo: readonly string[]): string {
    const bytes = Buffer.from(envelope)
    if (bytes.length < headBytes + nonceBytes + tagBytes || bytes[0] !== version) throw new SealBroken('it is no envelope of a version that is known')
    const head = bytes.subarray(0, headBytes)
    const key = this.#keys.get(keyIdOf(bytes))
    if (!key) throw new SealBroken('it was sealed with a key that this server does not have')
    const nonce = bytes.subarray(headBytes, headBytes + nonceBytes)
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(authenticate(head, belongsTo)).setAuthTag(bytes.subarray(-tagBytes))
    try {
      return Buffer.concat([decipher.update(bytes.subarray(headBytes + nonceBytes, -tagBytes)), decipher.final()]).toString('utf8')
    } catch (cause) {
      throw new SealBroken('it was changed, or belongs to something else', { cause })
    }
  }

  /** False for what was sealed with a key that this server does not have. */
  canOpen(envelope: Uint8Array): boolean {
    return this.#keys.has(keyIdOf(Buffer.from(envelope)))
  }

  /** False for what an earlier key sealed, which is to be sealed anew. */
  isCurrent(envelope: Uint8Array): boolean {
    const [currentId] = this.#keys.keys()
    return keyIdOf(Buffer.from(envelope)) === currentId
  }
}

function idOf(key: Uint8Array): string {
  return createHash('sha256').update(key).digest('hex').slice(0, keyIdBytes * 2)
}

function keyIdOf(envelope: Buffer): string {
  return envelope.subarray(1, headBytes).toString('hex')
}

function authenticate(head: Buffer, belongsTo: readonly string[]): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify(belongsTo))])
}
