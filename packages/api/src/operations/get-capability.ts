import { AppError, type Capability } from '@reprise/contract'
import { z } from 'zod'
import type { Services } from '../services.ts'
import { showCapability } from './list-capabilities.ts'

export const getCapabilityInput = z.object({ capability_id: z.string().min(1).max(128).describe('What agents and sessions name it by, as `ref`') })

export async function getCapability({ engine }: Services, { capability_id }: z.output<typeof getCapabilityInput>): Promise<Capability> {
  const capability = engine.capabilities.find(({ ref }) => ref === capability_id)
  if (!capability) throw new AppError('capability_not_found')
  return showCapability(capability)
}
