import { createOrganization, findOrganizations, listOrganizations } from '@reprise/store'
import type { CommandLine } from '../command-line.ts'
import type { Config } from '../config.ts'
import { StartError } from '../start-error.ts'
import { useDatabase } from '../use-database.ts'
import { writeTable, writeTime } from '../write-table.ts'

const nameMax = 128
const usage = 'It is "reprise organizations create <name>" or "reprise organizations list".'

/** Makes and shows organizations: each has its own keys, agents, sessions, models and providers, and sees nothing of the others. */
export async function organizations(config: Config, { words: [action, name, ...rest] }: CommandLine): Promise<void> {
  if (rest.length > 0) throw new StartError(`There is one word too many: ${JSON.stringify(rest[0])}. A name of several words goes into quotes.`)
  if (action === 'create' && name !== undefined) return await create(config, name.trim())
  if (action === 'list' && name === undefined) return await list(config)
  throw new StartError(usage)
}

async function create(config: Config, name: string): Promise<void> {
  if (name === '' || name.length > nameMax) throw new StartError(`The name of an organization must have 1 to ${nameMax} characters.`)
  await useDatabase(config, 'organizations create', async (db) => {
    if ((await findOrganizations(db, name)).length > 0) throw new StartError(`There is an organization ${JSON.stringify(name)} already.`)
    const { id } = await createOrganization(db, name)
    console.log(`
The organization ${name} is made: ${id}
It has an agent "assistant" and the simulated model. Its admin adds providers with keys of their own.

Next, make a key for it:

  pnpm reprise keys create --organization ${/^[\w.-]+$/.test(name) ? name : id} --name Admin --scopes admin
`)
  })
}

async function list(config: Config): Promise<void> {
  await useDatabase(config, 'organizations list', async (db) => {
    const all = await listOrganizations(db)
    console.log(writeTable(['ID', 'NAME', 'KEYS', 'CREATED'], all.map(({ id, name, keys, created_at }) => [id, name, String(keys), writeTime(created_at)])))
  })
}
