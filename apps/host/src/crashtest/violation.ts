/** What was promised and not kept. */
export type ViolationKind =
  | 'lost'
  | 'doubled'
  | 'stuck'
  | 'out of order'
  | 'wrongly dead-lettered'
  | 'wrongly cancelled'
  | 'effects'
  | 'transcript'
  | 'stream'
  | 'recovery'
  /** A fault that had to fire and did not: what it was to show is not shown. */
  | 'fault'
  /** Whatever no client and no operator should ever see. */
  | 'incident'

export interface Violation {
  kind: ViolationKind
  session_id: string | null
  turn_id: string | null
  /** What was expected, and what was found. */
  what: string
}
