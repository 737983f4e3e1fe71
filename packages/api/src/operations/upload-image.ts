import { describeTextProblem, newId, type Image } from '@reprise/contract'
import { insertImage } from '@reprise/store'
import { acceptParsed } from '../errors/accept-parsed.ts'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

/** A file as a form brought it. */
export interface UploadedFile {
  bytes: Uint8Array
  filename: string | null
  /** What the form calls it; what it is, its bytes say. */
  declared_media_type: string | null
}

const filenameCharactersMax = 255
/** What forms say of a file whose type they do not know: a declaration of nothing. */
const unknownMediaType = 'application/octet-stream'

/** Stores an image. Each upload has an id of its own; the same bytes are kept once. */
export async function uploadImage({ db, compute }: Services, caller: Caller, file: UploadedFile, signal: AbortSignal): Promise<Image> {
  const { bytes, filename, declared_media_type } = file
  checkFilename(filename)
  const declared = declared_media_type === unknownMediaType ? null : declared_media_type
  const checked = await compute.checkImage(bytes, { signal, ...(declared !== null && { declared_media_type: declared }) })
  if (!checked.ok && checked.refusal.code === 'invalid_image') throw fieldError('invalid_image', 'file', checked.refusal.message)
  const image = acceptParsed(checked)
  return await insertImage(db, { ...image, organization_id: caller.organization_id, id: newId('image'), filename, uploaded: true })
}

function checkFilename(filename: string | null): void {
  const problem = describeTextProblem(filename ?? '')
  if (problem) throw fieldError('invalid_request', 'filename', problem)
  if (filename !== null && filename.length > filenameCharactersMax) {
    throw fieldError('invalid_request', 'filename', `must be at most ${filenameCharactersMax} characters`)
  }
}
