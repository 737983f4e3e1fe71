import multipart, { type MultipartFile } from '@fastify/multipart'
import { AppError, limits } from '@reprise/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fieldError, toAppError } from '../errors/to-app-error.ts'
import type { UploadedFile } from '../operations/upload-image.ts'

/** What a form needs around its file: boundaries and headers. */
const formBytesMax = 64 * 1024

export async function registerForms(server: FastifyInstance): Promise<void> {
  await server.register(multipart, { limits: { fileSize: limits.imageBytesMax, files: 1, fields: 10, parts: 11, fieldSize: formBytesMax, headerPairs: 100 } })
}

/** Reads the form's one file, the field `file`. */
export async function readUpload(request: FastifyRequest): Promise<UploadedFile> {
  // Refused by its declared length before a byte is kept; without one, the limit ends the reading.
  if (Number(request.headers['content-length'] ?? 0) > limits.imageBytesMax + formBytesMax) {
    throw new AppError('body_too_large', { message: `The image is larger than ${limits.imageBytesMax} bytes` })
  }
  if (!request.isMultipart()) throw new AppError('unsupported_media_type', { message: 'Expected multipart/form-data with the image in the field "file"' })
  const { part, bytes } = await readFile(request)
  if (part?.fieldname !== 'file') {
    throw fieldError('invalid_request', 'file', part ? `the image must be in the field "file", not "${part.fieldname}"` : 'the form has no file')
  }
  return { bytes, filename: part.filename || null, declared_media_type: part.mimetype || null }
}

async function readFile(request: FastifyRequest): Promise<{ part: MultipartFile | undefined; bytes: Buffer }> {
  try {
    const part = await request.file()
    return { part, bytes: part ? await part.toBuffer() : Buffer.alloc(0) }
  } catch (error) {
    const refusal = toAppError(error)
    // The parser's own errors have no code; whatever it could not read is the form's fault.
    throw refusal.status < 500 ? refusal : new AppError('invalid_request', { message: 'The form is malformed or cut off', cause: error })
  }
}
