import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@reprise/contract'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { checkServer } from './check-server.ts'

const defaultFolder = join(import.meta.dirname, '../migrations')
export const migrationsTable = 'migrations'

export interface MigrateOptions {
  connectionString: string
  log: (message: string) => void
  /** Holds nothing but files named `0001_verb_noun.sql`, numbered without gaps. */
  folder?: string
}

/**
 * Brings the schema up to date and gives the names of the migrations it applied. All that are pending run in one transaction: either
 * every one of them is there afterwards or none. Any number of processes may call it at once; all but one wait and find nothing to do.
 */
export async function migrate({ connectionString, log, folder = defaultFolder }: MigrateOptions): Promise<string[]> {
  await checkFolder(folder)
  await checkServer({ connectionString })
  const client = new pg.Client({ connectionString, application_name: 'reprise migrate' })
  client.on('error', (error) => log(`the connection was cut while migrating: ${error.message}`))
  await client.connect()
  let current = ''
  try {
    const applied = await runner({
      dbClient: client,
      dir: folder,
      direction: 'up',
      schema: 'public',
      migrationsTable,
      advisoryLockMode: 'wait',
      singleTransaction: true,
      checkOrder: true,
      // The runner's own lines repeat whole files. What it throws says enough, but for the file's name.
      logger: { info: (line) => (current = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? current), warn: () => {}, error: () => {} },
    })
    for (const { name } of applied) log(`applied migration ${name}`)
    return applied.map(({ name }) => name)
  } catch (cause) {
    throw migrationError([current, describe(cause)].filter(Boolean).join(': '), cause)
  } finally {
    await client.end()
  }
}

/**
 * node-pg-migrate runs a file that has a Down part but no Up part from its top to its end, and takes any stray file for a program.
 * What is not plainly a forward migration is refused before anything runs.
 */
async function checkFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: Error) => {
    throw migrationError(`the folder cannot be read: ${cause.message}`, cause)
  })
  for (const [index, name] of names.toSorted().entries()) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) throw migrationError(`${name} is not named like 0001_create_tables.sql`)
    if (Number(name.slice(0, 4)) !== index + 1) throw migrationError(`${name} should have the number ${index + 1}: numbers are neither skipped nor used twice`)
    const text = await readFile(join(folder, name), 'utf8')
    if (/^\s*--[\s-]*(up|down)\s+migration/im.test(text)) throw migrationError(`${name} has an Up or Down part: migrations only go forward and have no parts`)
    if (/^\s*(begin|commit|rollback)\s*;/im.test(withoutQuotedBodies(text))) throw migrationError(`${name} controls the transaction itself: all migrations run in one`)
  }
}

/** A PL/pgSQL body may well hold a line that reads `begin`. */
function withoutQuotedBodies(text: string): string {
  return text.replaceAll(/(\$\w*\$)[\s\S]*?\1/g, '')
}

function describe(error: unknown): string {
  const { message, where, position } = error as { message: string; where?: string; position?: string } // pg's DatabaseError, or any Error
  return [message, where, position && `at character ${position}`].filter(Boolean).join(', ')
}

function migrationError(message: string, cause?: unknown): AppError {
  return new AppError('database_unavailable', { message: `The database could not be migrated: ${message}`, cause })
}
