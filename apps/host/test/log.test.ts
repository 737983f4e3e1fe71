import { expect, test } from 'vitest'
import { createLogOn } from '../src/log.ts'

function logged(write: (log: ReturnType<typeof createLogOn>) => void): string {
  const lines: string[] = []
  write(createLogOn({ write: (line) => lines.push(line) }, 'info'))
  return lines.join('')
}

test('a line is JSON with a readable level and time, and the fields it was given', () => {
  const line = JSON.parse(logged((log) => log.child({ request_id: 'r1' }).info({ turn_id: 't1' }, 'hello')))
  expect(line).toMatchObject({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), request_id: 'r1', turn_id: 't1', msg: 'hello' })
})

test('a key or a cookie is not logged, wherever it stands', () => {
  const headers = { authorization: 'Bearer hunter2', cookie: 'id=hunter2', 'set-cookie': 'id=hunter2' }
  const text = logged((log) => {
    log.info(headers)
    log.info({ headers })
    log.info({ req: { headers } })
    log.info({ config: { apiKey: 'hunter2', api_key: 'hunter2', secretKey: 'hunter2', previousSecretKey: 'hunter2', vendorKeys: { openai: 'hunter2' } } })
  })
  expect(text).toContain('[redacted]')
  expect(text).not.toContain('hunter2')
})

test('the password of a database address is not logged, not even in an error', () => {
  const address = 'postgresql://reprise:hunter2@db.example/reprise'
  const text = logged((log) => log.error({ err: new Error(`cannot reach ${address}`), address }, `lost ${address}`))
  expect(text.match(/postgresql:\/\/reprise:\[redacted\]@db\.example/g)?.length).toBeGreaterThanOrEqual(3)
  expect(text).not.toContain('hunter2')
})
