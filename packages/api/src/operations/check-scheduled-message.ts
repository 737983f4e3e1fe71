import type { CreateScheduleRequest } from '@reprise/contract'
import { findImages } from '@reprise/store'
import { fieldError } from '../errors/to-app-error.ts'
import type { Caller, Services } from '../services.ts'
import { checkModel } from './check-agent-settings.ts'

/** Refuses now what would otherwise be refused at every fire. */
export async function checkScheduledMessage(services: Services, caller: Caller, { message, controls }: Partial<Pick<CreateScheduleRequest, 'message' | 'controls'>>): Promise<void> {
  await checkModel(services, caller, 'controls.model_id', controls?.model_id)
  const parts = [...(message?.content ?? []).entries()]
  const named = parts.flatMap(([index, part]) => (part.type === 'image_file' ? [{ index, image_id: part.image_id }] : []))
  if (named.length === 0) return
  const found = await findImages(services.db, caller.organization_id, named.map(({ image_id }) => image_id))
  const missing = named.find(({ image_id }) => !found.has(image_id))
  if (missing) throw fieldError('unknown_image', `message.content[${missing.index}].image_id`, `there is no image ${missing.image_id}`)
}
