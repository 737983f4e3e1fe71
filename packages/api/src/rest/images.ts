import { image } from '@reprise/contract'
import type { ImageBytes } from '@reprise/store'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readUpload } from '../bodies/read-upload.ts'
import { problems } from '../docs/problem.ts'
import { checkInput } from '../errors/accept-parsed.ts'
import { deleteImage } from '../operations/delete-image.ts'
import { getImage, getImageInput } from '../operations/get-image.ts'
import { listImages, listImagesInput } from '../operations/list-images.ts'
import { uploadImage } from '../operations/upload-image.ts'
import type { Services } from '../services.ts'
import { abortOnDisconnect } from './abort-on-disconnect.ts'
import { readPathId } from './read-path-id.ts'
import { readQuery } from './read-query.ts'
import { writeContentDisposition } from './write-content-disposition.ts'

const upload = z.object({ file: z.string().meta({ format: 'binary', description: 'PNG, JPEG, GIF or WebP' }) })
const bytes = { description: 'The bytes of the image', content: { 'image/*': { schema: z.string().meta({ format: 'binary' }) } } }

export function registerImages(server: FastifyInstance, services: Services): void {
  const uploadDocs = {
    tags: ['Images'],
    summary: 'Upload image',
    consumes: ['multipart/form-data'],
    body: upload,
    response: { 201: image, ...problems(400, 401, 413, 415) },
  }
  server.post('/images', { schema: uploadDocs }, async (request, reply) => {
    const file = await readUpload(request)
    return reply.code(201).send(await uploadImage(services, request.caller, file, abortOnDisconnect(reply)))
  })

  const listDocs = {
    tags: ['Images'],
    summary: 'List uploaded images, the newest first',
    querystring: listImagesInput,
    response: { 200: z.array(image), ...problems(400, 401) },
  }
  server.get('/images', { schema: listDocs }, async (request) => {
    return await listImages(services, request.caller, checkInput(listImagesInput, readQuery(request.query, listImagesInput)))
  })

  const deleteDocs = { tags: ['Images'], summary: 'Delete image', params: getImageInput, response: { 204: z.null(), ...problems(400, 401, 404, 409) } }
  server.delete('/images/:image_id', { schema: deleteDocs }, async (request, reply) => {
    await deleteImage(services, request.caller, { image_id: readPathId(request, 'image_id') })
    return reply.code(204).send()
  })

  const docs = { tags: ['Images'], params: getImageInput, response: { 200: bytes, 304: z.null().describe('Has the tag of `If-None-Match`'), ...problems(400, 401, 404) } }
  server.get('/images/:image_id', { schema: { ...docs, summary: 'Get image' } }, async (request, reply) => {
    return sendImage(request, reply, await getImage(services, request.caller, { image_id: readPathId(request, 'image_id') }, 'full'), '')
  })
  server.get('/images/:image_id/thumbnail', { schema: { ...docs, summary: 'Get thumbnail, at most 200 pixels wide and high' } }, async (request, reply) => {
    return sendImage(request, reply, await getImage(services, request.caller, { image_id: readPathId(request, 'image_id') }, 'thumbnail'), '-thumbnail')
  })
}

/** The bytes of an image never change, so its hash is the strongest tag there is. */
function sendImage(request: FastifyRequest, reply: FastifyReply, found: ImageBytes, tagSuffix: string): FastifyReply {
  const etag = `"${found.sha256}${tagSuffix}"`
  reply
    .header('etag', etag)
    .header('cache-control', 'private, max-age=86400')
    // The type is what the bytes are; a browser must not find something else in them.
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.type(found.content_type).header('content-disposition', writeContentDisposition(found.filename)).send(found.bytes)
}

function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch !== undefined && ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag)
}
