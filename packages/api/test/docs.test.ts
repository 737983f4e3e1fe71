import { afterAll, beforeAll, expect, it } from 'vitest'
import { send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.close())

interface Operation {
  summary: string
  responses: Record<string, { content?: Record<string, { schema: { $ref?: string } }> }>
  requestBody: { content: Record<string, { schema: { $ref?: string } }> }
}

it('/openapi.json describes the documented endpoint in OpenAPI 3.1, from the schemas that check it', async () => {
  const { body } = await send<{ openapi: string; paths: Record<string, { post: Operation }>; components: { schemas: Record<string, object> } }>(`${server.url}/openapi.json`)
  expect(body.openapi).toMatch(/^3\.1/)
  const { post } = body.paths['/v1/sessions/{session_id}/messages']!
  expect(post.summary).toBe('Create message (user message triggers workflow)')
  expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(['201', '400', '404', '500']))
  expect(post.requestBody.content['application/json']!.schema.$ref).toMatch(/CreateMessageRequest/)
  expect(JSON.stringify(body.components.schemas)).toContain('ID of the uploaded image (format: img_{32-hex})')
  expect(Object.keys(body.paths).filter((path) => !path.startsWith('/v1/'))).toEqual([])
})

it('/openapi.json refers only to what it has', async () => {
  const { text, body } = await send<{ components: { schemas: Record<string, object> } }>(`${server.url}/openapi.json`)
  const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!)
  expect(referred.filter((name) => !(name in body.components.schemas))).toEqual([])
})

it('/docs asks no other host for anything', async () => {
  const page = await send(`${server.url}/docs`)
  expect(page.status).toBe(200)
  const initializer = await send(`${server.url}/docs/static/swagger-initializer.js`)
  expect(initializer.text).toMatch(/"validatorUrl":\s*null/)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(page.text.match(/(src|href)="https?:/g)).toBeNull()
})

it('/healthz and /readyz answer', async () => {
  expect((await send(`${server.url}/healthz`)).body).toEqual({ status: 'ok', version: '0.0.0-test' })
  expect((await send(`${server.url}/readyz`)).body).toEqual({ status: 'ready', checks: { database: 'ok' } })
})
