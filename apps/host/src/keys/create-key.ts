import { createKeyRequest, includeScopes, parseValue, type CreateKeyRequest } from '@reprise/contract'
import { hasKeys, insertKey, type FoundOrganization } from '@reprise/store'
import type { CommandLine } from '../command-line.ts'
import type { Config } from '../config.ts'
import { localUrl } from '../listen.ts'
import { findOrganization } from '../organizations/find-organization.ts'
import { showText } from '../show-text.ts'
import { StartError } from '../start-error.ts'
import { useDatabase } from '../use-database.ts'
import { writeTime } from '../write-table.ts'
import { readExpiry } from './read-expiry.ts'

type Options = CommandLine['options']

/** Makes a key and prints its secret, which nobody will see again. */
export async function createKey(config: Config, { options }: CommandLine): Promise<void> {
  const request = readRequest(options)
  await useDatabase(config, 'keys create', async (db) => {
    const organization = await findOrganization(db, readText(options, 'organization'))
    const isFirst = config.apiKey === null && !(await hasKeys(db))
    const { secret, ...key } = await insertKey(db, organization.id, request)
    if (options['json']) return console.log(JSON.stringify({ ...key, secret }, null, 2))
    console.log(`
The key is made.

  Id            ${key.id}
${describe(request, organization)}
Here it is, this once. Keep it where you keep secrets:

  ${secret}

Send it with every request. With the key in KEY:

  curl ${localUrl(config.host, config.port)}/v1/models -H "Authorization: $KEY"
${isFirst ? '\nIt is the first: from now on every request needs a key. A server that runs already asks for one within 5 seconds.\n' : ''}`)
  })
}

function describe({ name, scopes, expires_at, requests_per_minute }: CreateKeyRequest, organization: FoundOrganization): string {
  return `  Name          ${name}
  Organization  ${showText(organization.name)} (${organization.id})
  Scopes        ${includeScopes(scopes).join(', ')}
  Expires       ${expires_at === null ? 'never' : writeTime(expires_at)}
${requests_per_minute === null ? '' : `  Limit         ${requests_per_minute} requests a minute\n`}`
}

function readRequest(options: Options): CreateKeyRequest {
  const [expires, scopes, perMinute] = [readText(options, 'expires'), readText(options, 'scopes'), readText(options, 'requests-per-minute')]
  const parsed = parseValue(createKeyRequest, {
    name: readText(options, 'name'),
    ...(scopes !== undefined && { scopes: scopes.split(',').map((scope) => scope.trim()) }),
    ...(expires !== undefined && { expires_at: readExpiry(expires) }),
    ...(perMinute !== undefined && { requests_per_minute: Number(perMinute) }),
  })
  if (parsed.ok) return parsed.value
  const [field = ''] = parsed.refusal.errors?.[0]?.path.split('[') ?? []
  throw new StartError(expected[field] ?? parsed.refusal.message)
}

const expected: Record<string, string> = {
  name: 'A key needs a name of 1 to 128 characters that says what it is for: --name "Deployment".',
  scopes: '--scopes must be read, write or admin, or several of them with commas between.',
  requests_per_minute: '--requests-per-minute must be a whole number from 1 to 1000000.',
}

function readText(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}
