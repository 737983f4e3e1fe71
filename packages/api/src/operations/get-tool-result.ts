import { AppError, ids } from '@reprise/contract'
import { readToolResult, readToolResultSlice } from '@reprise/store'
import { z } from 'zod'
import type { Caller, Services } from '../services.ts'
import { findSession } from './find-session.ts'

export const getToolResultInput = z.object({
  session_id: ids.session,
  tool_call_id: z.string().min(1),
  turn_id: ids.turn.optional().describe('Models repeat the ids of calls: which turn is meant. The latest, without it'),
})
type Input = z.output<typeof getToolResultInput>

/** All of a tool's result as JSON. What is long comes in slices, each a text by itself. */
export interface WholeToolResult {
  size_bytes: number
  slices: number
  readSlice(slice: number): Promise<Buffer>
}

export async function getToolResult(services: Services, caller: Caller, { session_id, tool_call_id, turn_id }: Input): Promise<WholeToolResult> {
  await findSession(services, caller, session_id)
  const { organization_id } = caller
  const found = await readToolResult(services.db, organization_id, session_id, tool_call_id, turn_id ?? null)
  // A call that ended with an error has none.
  if (!found || found.result_json === null) throw new AppError('tool_result_not_found')
  const { value_id, size_bytes, slices, result_json } = found
  if (value_id === null) {
    const bytes = Buffer.from(result_json)
    return { size_bytes: bytes.length, slices: 1, readSlice: async () => bytes }
  }
  return {
    size_bytes: size_bytes!, // of slices that are there: a message names no value before
    slices,
    async readSlice(slice) {
      const bytes = await readToolResultSlice(services.db, organization_id, session_id, value_id, slice)
      // Deleted with its session while it was read.
      if (!bytes) throw new AppError('tool_result_not_found')
      return bytes
    },
  }
}
