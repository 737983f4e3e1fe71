import type { Image } from '@reprise/contract'
import { connectClient } from '@reprise/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mutate, query } from './support/call-procedure.ts'
import { createForeignSession, foreignOrganizationId } from './support/create-foreign-session.ts'
import { makePng } from './support/make-png.ts'
import { createSession, expectProblem, post, postMessage, send } from './support/requests.ts'
import { startServer, type TestServer } from './support/start-server.ts'

let server: TestServer
let sessionId: string
beforeAll(async () => {
  server = await startServer()
  sessionId = (await createSession(server.url)).id
})
afterAll(() => server.close())

let edge = 0
/** Each of other bytes, unless bytes are given. */
async function upload(bytes = makePng(++edge, 1)): Promise<Image> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(bytes)], { type: 'image/png' }), `${edge}.png`)
  const answer = await send<Image>(`${server.url}/v1/images`, { method: 'POST', body: form })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const remove = (id: string) => send(`${server.url}/v1/images/${id}`, { method: 'DELETE' })
const show = (id: string) => ({ message: { content: [{ type: 'image_file', image_id: id }] } })

async function list(parameters = ''): Promise<Image[]> {
  const answer = await send<Image[]>(`${server.url}/v1/images?${parameters}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

async function countBlobs(): Promise<number> {
  return (await server.pool.query('SELECT 1 FROM image_blobs')).rowCount!
}

/** Deletes an image in a transaction that stays open. */
async function beginDeletion(imageId: string) {
  const client = await connectClient({ connectionString: server.database.connectionString, applicationName: 'test' })
  await client.query('BEGIN')
  await client.query('SELECT delete_image(organization_id, id) FROM images WHERE id = $1', [imageId])
  const listAwaiting = () => client.query('SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))')
  return {
    /** Resolves when somebody waits to see what becomes of it. */
    isAwaited: () => expect.poll(async () => (await listAwaiting()).rowCount, { timeout: 10_000 }).toBeGreaterThan(0),
    async commit() {
      await client.query('COMMIT')
      await client.end()
    },
  }
}

describe('GET /v1/images', () => {
  it('200: a bare array of what was uploaded, the newest first, in pages', async () => {
    const uploaded = [await upload(), await upload(), await upload()].toReversed()
    await postMessage(server.url, sessionId, { message: { content: [{ type: 'image', base64: makePng(300, 2).toString('base64') }] } })
    expect((await list()).slice(0, 3)).toEqual(uploaded)
    expect(await list('limit=2')).toEqual(uploaded.slice(0, 2))
    expect((await list(`limit=2&before=${uploaded[0]!.id}`))).toEqual(uploaded.slice(1))
    expect(await list(`before=${(await list('limit=1000')).at(-1)!.id}`)).toEqual([])
    expect((await query<Image[]>(server.url, 'images.list', { limit: 2 })).body.result!.data).toEqual(uploaded.slice(0, 2))
  })

  it('200: shows nothing of another organization', async () => {
    await createForeignSession(server.pool)
    const { id } = await upload()
    await server.pool.query(`INSERT INTO image_blobs SELECT $1, sha256, content_type, size_bytes, width, height, bytes, thumbnail, thumbnail_content_type FROM image_blobs LIMIT 1`, [foreignOrganizationId])
    const foreign = `img_${'e'.repeat(32)}`
    await server.pool.query(`INSERT INTO images (organization_id, id, sha256, uploaded) SELECT organization_id, $2, sha256, true FROM image_blobs WHERE organization_id = $1`, [foreignOrganizationId, foreign])
    expect((await list()).map((image) => image.id)).toContain(id)
    expect((await list()).map((image) => image.id)).not.toContain(foreign)
    expectProblem(await send(`${server.url}/v1/images?before=${foreign}`), 400, 'invalid_cursor', 'before')
    const answer = await remove(foreign)
    expectProblem(answer, 404, 'image_not_found')
    expect(answer.body.detail).toBe((await remove(`img_${'0'.repeat(32)}`)).body.detail)
  })

  it.each([
    ['limit=0', 'invalid_request', 'limit'],
    ['limit=-1', 'invalid_request', 'limit'],
    ['limit=1000000000', 'invalid_request', 'limit'],
    ['limit=1&limit=2', 'invalid_request', 'limit'],
    ['limit=all', 'invalid_request', 'limit'],
    ['before=1', 'invalid_id', 'before'],
    [`before=img_${'0'.repeat(32)}`, 'invalid_cursor', 'before'],
  ])('400: refuses ?%s', async (parameters, code, path) => {
    expectProblem(await send(`${server.url}/v1/images?${parameters}`), 400, code, path)
  })
})

describe('DELETE /v1/images/{image_id}', () => {
  it('204: the image, its thumbnail and its bytes are gone', async () => {
    const before = await countBlobs()
    const { id } = await upload()
    expect(await countBlobs()).toBe(before + 1)
    const answer = await remove(id)
    expect([answer.status, answer.text]).toEqual([204, ''])
    for (const suffix of ['', '/thumbnail']) expectProblem(await send(`${server.url}/v1/images/${id}${suffix}`), 404, 'image_not_found')
    expect((await list()).map((image) => image.id)).not.toContain(id)
    expect(await countBlobs()).toBe(before)
    expectProblem(await remove(id), 404, 'image_not_found')
    expectProblem(await post(`${server.url}/v1/sessions/${sessionId}/messages`, show(id)), 400, 'unknown_image', 'message.content[0].image_id')
  })

  it('204: bytes stay for another image that shows them', async () => {
    const bytes = makePng(77, 7)
    const [first, second] = [await upload(bytes), await upload(bytes)]
    const before = await countBlobs()
    expect((await remove(first!.id)).status).toBe(204)
    expect((await fetch(`${server.url}/v1/images/${second!.id}`)).status).toBe(200)
    expect(await countBlobs()).toBe(before)
    expect((await mutate<void>(server.url, 'images.delete', { image_id: second!.id })).status).toBe(200)
    expect(await countBlobs()).toBe(before - 1)
  })

  it('204: of two deletions of the same bytes at the same moment, the second takes the bytes', async () => {
    const before = await countBlobs()
    const bytes = makePng(78, 7)
    const [first, second] = [await upload(bytes), await upload(bytes)]
    const deletion = await beginDeletion(first!.id)
    const removing = remove(second!.id)
    await deletion.isAwaited()
    await deletion.commit()
    expect((await removing).status).toBe(204)
    expect(await countBlobs()).toBe(before)
  })

  it('201: bytes are stored anew for an upload that found them while the last image of them was deleted', async () => {
    const bytes = makePng(79, 7)
    const deletion = await beginDeletion((await upload(bytes)).id)
    const uploading = upload(bytes)
    await deletion.isAwaited()
    await deletion.commit()
    const { id } = await uploading
    const response = await fetch(`${server.url}/v1/images/${id}`)
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('409: an image that a message shows', async () => {
    const { id } = await upload()
    await postMessage(server.url, sessionId, show(id))
    expectProblem(await remove(id), 409, 'image_in_use')
    expect((await mutate(server.url, 'images.delete', { image_id: id })).body.error!.data.code).toBe('image_in_use')
    expect((await fetch(`${server.url}/v1/images/${id}`)).status).toBe(200)
  })

  it('409 or 400: of a deletion and a message at the same moment one is refused', async () => {
    const outcomes = new Set<string>()
    for (let round = 0; round < 30; round++) {
      const { id } = await upload()
      const [message, deleted] = await Promise.all([post(`${server.url}/v1/sessions/${sessionId}/messages`, show(id)), remove(id)])
      outcomes.add(`${message.status} ${deleted.status}`)
      if (message.status === 400) expectProblem(message, 400, 'unknown_image', 'message.content[0].image_id')
      else expectProblem(deleted, 409, 'image_in_use')
      if (message.status === 201) await send(`${server.url}/v1/sessions/${sessionId}/cancel`, { method: 'POST' })
    }
    for (const outcome of outcomes) expect(['201 409', '400 204']).toContain(outcome)
  })

  it('400: a message whose image is deleted after it was found there, and before it is held', async () => {
    const { id } = await upload()
    const deletion = await beginDeletion(id)
    const posting = post(`${server.url}/v1/sessions/${sessionId}/messages`, show(id))
    await deletion.isAwaited()
    await deletion.commit()
    expectProblem(await posting, 400, 'unknown_image', 'message.content[0].image_id')
  })

  it('400: refuses what is no id', async () => {
    expectProblem(await remove('img_1'), 400, 'invalid_id', 'image_id')
  })
})
