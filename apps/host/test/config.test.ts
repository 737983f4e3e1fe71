import { describe, expect, test } from 'vitest'
import { chooseDataDir } from '../src/choose-data-dir.ts'
import { readConfig } from '../src/config.ts'

function refusal(variables: NodeJS.ProcessEnv): string {
  try {
    readConfig(variables)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the settings were taken')
}

test('without any setting it is a server for this machine, with a PostgreSQL of its own', () => {
  expect(readConfig({})).toEqual({
    port: 9000,
    host: '127.0.0.1',
    databaseUrl: null,
    dataDir: chooseDataDir(process.cwd()),
    apiKey: null,
    secretKey: null,
    previousSecretKey: null,
    vendorKeys: {},
    corsOrigins: [],
    egressAllow: [],
    mcpServers: {},
    requestsPerMinute: null,
    role: 'all',
    logLevel: 'info',
  })
})

test('every setting is read', () => {
  const variables = {
    PORT: '0',
    HOST: '::',
    DATABASE_URL: 'postgres://reprise:secret@db.example:6543/reprise?sslmode=require',
    REPRISE_DATA_DIR: '/var/lib/reprise',
    REPRISE_API_KEY: 'key-of-my-own',
    REPRISE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
    REPRISE_SECRET_KEY_PREVIOUS: '02'.repeat(32),
    OPENAI_API_KEY: 'sk-openai',
    ANTHROPIC_API_KEY: 'sk-ant',
    REPRISE_CORS_ORIGINS: 'https://app.example.com, http://localhost:3000',
    REPRISE_EGRESS_ALLOW: 'localhost:11434,[::1]:8080',
    REPRISE_REQUESTS_PER_MINUTE: '600',
    REPRISE_ROLE: 'worker',
    REPRISE_LOG_LEVEL: 'debug',
  }
  expect(readConfig(variables)).toEqual({
    port: 0,
    host: '::',
    databaseUrl: variables.DATABASE_URL,
    dataDir: '/var/lib/reprise',
    apiKey: 'key-of-my-own',
    secretKey: '01'.repeat(32),
    previousSecretKey: '02'.repeat(32),
    vendorKeys: { openai: 'sk-openai', anthropic: 'sk-ant' },
    corsOrigins: ['https://app.example.com', 'http://localhost:3000'],
    egressAllow: ['localhost:11434', '[::1]:8080'],
    mcpServers: {},
    requestsPerMinute: 600,
    role: 'worker',
    logLevel: 'debug',
  })
})

test('a secret key of before is nothing without the one that took its place', () => {
  const variables = { DATABASE_URL: 'postgres://localhost/reprise', REPRISE_SECRET_KEY_PREVIOUS: '02'.repeat(32) }
  expect(refusal(variables)).toContain('REPRISE_SECRET_KEY,')
  expect(readConfig({ ...variables, REPRISE_SECRET_KEY: '01'.repeat(32) }).previousSecretKey).toBe('02'.repeat(32))
})

test('an empty variable is one that is not set', () => {
  expect(readConfig({ PORT: '', REPRISE_API_KEY: '', DATABASE_URL: '', REPRISE_CORS_ORIGINS: '' })).toEqual(readConfig({}))
})

describe('a bad value is refused with its name, what was expected and what was got', () => {
  test.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '9000x'],
    ['PORT', '0x50'],
    ['HOST', 'http://localhost'],
    ['HOST', 'local host'],
    ['REPRISE_CORS_ORIGINS', '*'],
    ['REPRISE_CORS_ORIGINS', 'https://app.example.com/'],
    ['REPRISE_CORS_ORIGINS', 'https://app.example.com,app.example.org'],
    ['REPRISE_EGRESS_ALLOW', 'localhost'],
    ['REPRISE_EGRESS_ALLOW', 'localhost:0'],
    ['REPRISE_EGRESS_ALLOW', 'http://localhost:80'],
    ['REPRISE_REQUESTS_PER_MINUTE', '0'],
    ['REPRISE_REQUESTS_PER_MINUTE', '-5'],
    ['REPRISE_REQUESTS_PER_MINUTE', '1.5'],
    ['REPRISE_REQUESTS_PER_MINUTE', '10000000000'],
    ['REPRISE_ROLE', 'boss'],
    ['REPRISE_LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const message = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name} must be .+; it is `))
    expect(message.endsWith(`; it is ${JSON.stringify(value)}.`)).toBe(true)
  })

  test.each([
    ['DATABASE_URL', 'mysql://root:hunter2@localhost/db'],
    ['DATABASE_URL', 'hunter2'],
    ['DATABASE_URL', 'postgres://user:hunter2@[bad/db'],
    ['REPRISE_API_KEY', 'hunter2 with spaces'],
    ['REPRISE_API_KEY', 'hunter2ü'],
    ['REPRISE_SECRET_KEY', 'hunter2'],
    ['REPRISE_SECRET_KEY_PREVIOUS', 'hunter2hunter2hunter2hunter2hunt'],
    ['OPENAI_API_KEY', 'sk hunter2'],
    ['ANTHROPIC_API_KEY', 'hunter2\n'],
  ])('%s, without showing it', (name, value) => {
    const message = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name} must be `))
    expect(message).not.toContain('hunter2')
  })

  test('all of them at once', () => {
    expect(refusal({ PORT: 'x', REPRISE_LOG_LEVEL: 'x' }).split('\n')).toHaveLength(2)
  })
})
