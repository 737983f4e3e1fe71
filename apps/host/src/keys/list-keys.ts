import type { Key } from '@reprise/contract'
import { listAllKeys } from '@reprise/store'
import type { CommandLine } from '../command-line.ts'
import type { Config } from '../config.ts'
import { findOrganization } from '../organizations/find-organization.ts'
import { useDatabase } from '../use-database.ts'
import { writeTable, writeTime } from '../write-table.ts'

const heads = ['ID', 'KEY', 'NAME', 'ORGANIZATION', 'SCOPES', 'STATE', 'LAST USED']

/** Shows the keys of all organizations, or of one. Of a key itself only its beginning is known. */
export async function listKeys(config: Config, { options: { organization, json } }: CommandLine): Promise<void> {
  await useDatabase(config, 'keys list', async (db) => {
    const only = typeof organization === 'string' ? await findOrganization(db, organization) : null
    const keys = (await listAllKeys(db)).filter(({ organization_id }) => only === null || organization_id === only.id)
    if (json) return console.log(JSON.stringify(keys, null, 2))
    if (keys.length === 0) return console.log('There is no key yet. "reprise keys create" makes one.')
    const rows = keys.map((key) => [key.id, `${key.prefix}_…`, key.name, key.organization_name, key.scopes.join(','), describeState(key), key.last_used_at === null ? 'never' : writeTime(key.last_used_at)])
    console.log(writeTable(heads, rows))
  })
}

function describeState({ revoked_at, expires_at }: Key): string {
  if (revoked_at !== null) return `revoked ${writeTime(revoked_at)}`
  if (expires_at === null) return 'good'
  return `${Date.parse(expires_at) <= Date.now() ? 'expired' : 'good until'} ${writeTime(expires_at)}`
}
