import type { MessageBody } from '@reprise/compute'
import type { AppError } from '@reprise/contract'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, PostingServices } from '../services.ts'

/**
 * The refusal of images that the model which is to answer cannot see, asked before any of them is stored; null for none.
 * An unknown session or model is left for the accept to tell.
 */
export async function findImageRefusal({ engine }: PostingServices, { organization_id }: Caller, session_id: string, { request }: MessageBody): Promise<AppError | null> {
  const index = request.message.content.findIndex((part) => part.type !== 'text')
  if (index < 0) return null
  const model = await engine.chooseModel({ organization_id, session_id, model_id: request.controls?.model_id ?? null })
  if (!model || model.supports_images) return null
  return fieldError('images_unsupported', `message.content[${index}]`, `the model ${model.model} takes no images`)
}
