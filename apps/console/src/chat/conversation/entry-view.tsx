import { Text } from '@mantine/core'
import { memo } from 'react'
import { AnswerView } from './answer-view.tsx'
import type { Entry } from './conversation.ts'
import classes from './entry-view.module.css'
import { ToolCalls } from './tool-calls.tsx'
import { UserMessage } from './user-message.tsx'

export interface EntryActions {
  /** A new session that ends with this event of the conversation. Without it, nothing may be changed. */
  onFork?: (sequence: number) => void
  /** Posts again what was not sent. */
  onResend?: (id: string) => void
  /** Posts the message that the turn answered once more. */
  onRetryTurn?: (turn_id: string) => void
}

interface EntryViewProps {
  entry: Entry
  actions: EntryActions
}

/** Drawn anew only when the entry is another. */
export const EntryView = memo(
  function EntryView({ entry, actions }: EntryViewProps) {
    return <div className={classes['entry']}>{showEntry(entry, actions)}</div>
  },
  (before, after) => before.entry === after.entry,
)

function showEntry(entry: Entry, actions: EntryActions) {
  switch (entry.kind) {
    case 'user':
      return <UserMessage entry={entry} actions={actions} />
    case 'answer':
      return <AnswerView entry={entry} actions={actions} />
    case 'tools':
      return <ToolCalls entry={entry} />
    case 'cancelled':
      return <Text size="sm" c="dimmed" ta="center">The turn was cancelled.</Text>
  }
}
