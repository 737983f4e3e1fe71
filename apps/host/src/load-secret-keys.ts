import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { link, open, readFile, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { decodeSecretKey } from './decode-secret-key.ts'
import { StartError } from './start-error.ts'

/**
 * The keys that seal the keys of providers: the first seals, the others open what they sealed before. With the built-in
 * PostgreSQL one is made beside it, readable for its owner alone; with a database of the operator's own, whose other
 * processes would not know it, there is none unless it is set.
 */
export async function loadSecretKeys({ secretKey, previousSecretKey, databaseUrl, dataDir }: Pick<Config, 'secretKey' | 'previousSecretKey' | 'databaseUrl' | 'dataDir'>): Promise<Uint8Array[]> {
  const file = databaseUrl === null ? join(dataDir, 'secret-key') : null
  const fromFile = file === null ? null : ((await readKey(file)) ?? (secretKey === null ? await makeKey(file) : null))
  const inHex = [secretKey, previousSecretKey].map((hex) => (hex === null ? null : Buffer.from(hex, 'hex')))
  const inOrder = secretKey === null ? [fromFile, ...inHex] : [...inHex, fromFile]
  return inOrder.filter((key) => key !== null)
}

async function readKey(file: string): Promise<Buffer | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new StartError(`The secret key in ${file} cannot be read (${error.code}). Start the server as the user that made it, or set REPRISE_SECRET_KEY.`)
  })
  if (text === null) return null
  const key = decodeSecretKey(text.trim())
  if (!key) throw new StartError(`${file} does not hold a secret key of 32 bytes. Put back the one that was there: what it has sealed opens with no other.`)
  return key
}

/** Written whole and then given its name, so that of several processes that start at once all read the same. */
async function makeKey(file: string): Promise<Buffer> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = await open(draft, 'wx', 0o600)
  try {
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`)
    await handle.sync()
    await link(draft, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } finally {
    await handle.close()
    await unlink(draft)
  }
  return (await readKey(file))!
}
