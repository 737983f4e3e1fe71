import type { CreateScheduleRequest } from '@reprise/contract'
import type { Caller, Services } from '../services.ts'
import { checkModel } from './check-agent-settings.ts'
import { checkImageFiles } from './check-image-files.ts'

/** Refuses now what would otherwise be refused at every fire. */
export async function checkScheduledMessage(services: Services, caller: Caller, { message, controls }: Partial<Pick<CreateScheduleRequest, 'message' | 'controls'>>): Promise<void> {
  await checkModel(services, caller, 'controls.model_id', controls?.model_id)
  await checkImageFiles(services, caller, message?.content ?? [])
}
