import { createHash, randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const prefixCharacters = 8
/** As much as 32 random bytes say. */
const randomCharacters = 43
const form = new RegExp(`^rk_[0-9A-Za-z]{${prefixCharacters}}_[0-9A-Za-z]{${randomCharacters}}$`)

export interface KeySecret {
  /** `rk_` and 8 characters. They open nothing: they tell people which key it is. */
  prefix: string
  secret: string
}

/** Makes a key: `rk_<8 characters>_<43 characters>`, all random, and of a form that scanners for secrets can be taught. */
export function makeKeySecret(): KeySecret {
  const prefix = `rk_${chooseCharacters(prefixCharacters)}`
  return { prefix, secret: `${prefix}_${chooseCharacters(randomCharacters)}` }
}

/** What has another form was never a key, or has been cut off. */
export function isKeySecret(text: string): boolean {
  return form.test(text)
}

/** How a secret is stored. It is random enough that nobody can go through what it might be, so it needs no salt. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Evenly: bytes beyond the last whole multiple of the alphabet are thrown away. */
function chooseCharacters(count: number): string {
  const byteMax = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < count) {
    for (const byte of randomBytes(count)) if (byte < byteMax && text.length < count) text += alphabet[byte % alphabet.length]!
  }
  return text
}
