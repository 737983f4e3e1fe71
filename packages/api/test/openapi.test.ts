import { Validator } from '@seriousme/openapi-schema-validator'
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeCommitted, documentPath } from '../scripts/describe-committed.ts'
import type { OpenApiDocument } from '../src/docs/openapi-document.ts'
import { ApiDocument, pointTo, type FoundOperation } from './support/api-document.ts'
import { checkResponse, type SeenResponse } from './support/check-response.ts'

let written: string
let api: ApiDocument
beforeAll(async () => {
  written = await describeCommitted()
  api = new ApiDocument(JSON.parse(written) as OpenApiDocument) // it was written as one
})

describe('docs/openapi.json', () => {
  it('is what the routes say', async () => {
    const committed = await readFile(documentPath, 'utf8').catch(() => '')
    expect(committed === written, 'docs/openapi.json is stale. Write it anew: npx pnpm@12.21.0 openapi').toBe(true)
  })

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(JSON.parse(written))
    expect({ version: validator.version, valid, errors }).toEqual({ version: '3.1', valid: true, errors: undefined })
  })

  it('has only schemas that can be compiled', () => {
    for (const name of Object.keys(api.document.components.schemas)) expect(() => api.describeMismatch(pointTo('components', 'schemas', name), null), name).not.toThrow()
  })

  it('gives every operation an id of its own, a summary, and one tag that is explained', () => {
    const ids = api.operations.map(({ operation }) => operation.operationId)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index), 'two operations of one id: name one of them in docs/name-operation.ts').toEqual([])
    const tags = new Map(api.document.tags?.map(({ name, description }) => [name, description]))
    const badlyNamed = ({ operation }: FoundOperation) => !/^[a-z]+([A-Z][a-z]+)+$/.test(operation.operationId ?? '') || !operation.summary || !tags.get(operation.tags?.[0] ?? '')
    expect(api.operations.filter(badlyNamed).map(({ method, path, operation }) => ({ method, path, ...operation, responses: undefined }))).toEqual([])
  })

  it('describes every parameter of a path', () => {
    for (const { method, path, operation } of api.operations) {
      const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name)
      const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)
      expect(described, `${method} ${path}`).toEqual(expect.arrayContaining(named))
    }
  })

  it('says what every answer that has a body looks like', () => {
    for (const found of api.operations) {
      for (const status of Object.keys(found.operation.responses).filter((one) => !/204|304/.test(one))) {
        const { response } = api.findResponse(found, Number(status))!
        expect(Object.values(response.content ?? {}).every(({ schema }) => schema) && Object.keys(response.content ?? {}).length, `${found.method} ${found.path} ${status}`).toBeGreaterThan(0)
      }
    }
  })
})

describe('the check of responses', () => {
  const problem = { type: '/docs/errors#model_not_found', title: 'Model not found', status: 404, detail: 'x', code: 'model_not_found', instance: '/', error: { code: 'model_not_found', message: 'x' } }
  const url = `/v1/models/model_${'0'.repeat(32)}`
  function check(seen: Partial<Omit<SeenResponse, 'body'>> & { json?: unknown }): string[] {
    const { json = problem, ...given } = seen
    const headers = { 'content-type': 'application/problem+json', 'x-request-id': '1', ...given.headers }
    return checkResponse(api, { method: 'GET', url, status: 404, isWhole: true, ...given, headers, body: Buffer.from(JSON.stringify(json)) })
  }

  it('takes what is as it should be, at either mount', () => {
    expect(check({})).toEqual([])
    expect(check({ url: `/api${url}?x=1` })).toEqual([])
    expect(check({ url: '/v1/nothing', json: { ...problem, code: 'not_found', error: { code: 'not_found', message: 'x' } } })).toEqual([])
  })

  it('finds a status that is not declared', () => {
    expect(check({ status: 409 })).toEqual([expect.stringMatching(/^GET \/v1\/models\/\{model_id\} 409: the status is not declared/)])
  })

  it('finds a body that is not as described, and says where', () => {
    expect(check({ json: { ...problem, error: { code: 'model_not_found' } } })).toEqual([expect.stringMatching(/^GET \/v1\/models\/\{model_id\} 404: \/error must have required property 'message'/)])
    expect(check({ json: { ...problem, extra: 1 } })).toEqual([expect.stringContaining('extra')])
  })

  it('finds a code of another status', () => {
    expect(check({ json: { ...problem, code: 'invalid_id' } })).toEqual([expect.stringContaining('/code')])
  })

  it('finds another content type, and a header that is missing', () => {
    expect(check({ headers: { 'content-type': 'text/html' } })).toEqual([expect.stringContaining('the content type "text/html" is not declared')])
    expect(check({ headers: { 'x-request-id': undefined as unknown as string } })).toEqual([expect.stringContaining('the header X-Request-Id is missing')])
    expect(check({ url: '/v1/nothing', status: 429, json: { ...problem, status: 429, code: 'queue_full' } })).toEqual([expect.stringContaining('the header Retry-After is missing')])
  })

  it('finds an event of a stream that is none', () => {
    const stream = 'event: connected\ndata: {"status":"connected"}\n\nevent: turn.started\nid: event_1\ndata: {"id":"event_1"}\n\nevent: cut'
    const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': '1' }
    const seen = { method: 'GET', url: `/v1/sessions/sess_${'0'.repeat(32)}/sse`, status: 200, headers, body: Buffer.from(stream), isWhole: false }
    expect(checkResponse(api, seen)).toEqual([expect.stringContaining('GET /v1/sessions/{session_id}/sse 200: ')])
  })

  it('takes no page in place of a problem where nothing is', () => {
    expect(check({ url: '/v1/nothing', status: 200 })).toEqual([expect.stringContaining('the answer must be a problem')])
  })
})
