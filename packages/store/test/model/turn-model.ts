import type { TurnStatus } from '@reprise/contract'

interface CallModel {
  id: string
  attempt: number
  closed_by: string | null
  decision: string | null
  has_deadline: boolean
}

export interface TurnModel {
  id: string
  ordinal: number
  status: TurnStatus
  worker_id: string | null
  recoveries: number
  attempt: number
  input_message_id: string
  input_sequence: number
  is_excluded: boolean
  error_code: string | null
  retry_of: string | null
  wakes: boolean
  /** Its deadline has passed. */
  is_due: boolean
  calls: CallModel[]
}

export const isActive = { waiting: false, ready: true, running: true, parked: true, completed: false, failed: false, cancelled: false } as const satisfies Record<TurnStatus, boolean>
