import type { ReasoningEffort, WhenBusy } from '@reprise/contract'

export const efforts: readonly { value: ReasoningEffort; label: string }[] = [
  { value: 'none', label: 'No thinking' },
  { value: 'minimal', label: 'Minimal' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
  { value: 'xhigh', label: 'Very high' },
]

/** What becomes of a message that is sent while a turn runs. */
export const busyPolicies: readonly { value: WhenBusy; label: string; hint: string }[] = [
  { value: 'enqueue', label: 'Wait', hint: 'Its own turn, after this one and those that wait' },
  { value: 'steer', label: 'Join the turn', hint: 'The running turn reads it before it asks the model again' },
  { value: 'interrupt', label: 'Interrupt', hint: 'Ends the running turn; what it said so far stays' },
  { value: 'rollback', label: 'Interrupt and forget', hint: 'Ends the running turn, and no later prompt knows of it' },
  { value: 'reject', label: 'Only if idle', hint: 'Is refused while a turn runs' },
]
