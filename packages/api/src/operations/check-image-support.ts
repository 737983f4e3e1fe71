import type { MessageBody } from '@reprise/compute'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'

/**
 * Refuses images that the model which is to answer cannot see, before any of them is stored. An unknown session or model
 * is left for the accept to tell.
 */
export async function checkImageSupport({ engine }: Services, { organization_id }: Caller, session_id: string, { request }: MessageBody): Promise<void> {
  const index = request.message.content.findIndex((part) => part.type !== 'text')
  if (index < 0) return
  const model = await engine.chooseModel({ organization_id, session_id, model_id: request.controls?.model_id ?? null })
  if (!model || model.supports_images) return
  throw fieldError('images_unsupported', `message.content[${index}]`, `the model ${model.model} takes no images`)
}
