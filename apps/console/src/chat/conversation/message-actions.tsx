import { ActionIcon, Tooltip } from '@mantine/core'
import type { Message } from '@reprise/contract'
import { IconArrowFork, IconTimeline } from '@tabler/icons-react'
import { Link } from 'wouter'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Time } from '../../ui/time.tsx'
import type { EntryActions } from './entry-view.tsx'
import classes from './entry-view.module.css'

/** What may be done with a stored message. */
export function MessageActions({ message, text, actions: { onFork } }: { message: Message; text: string; actions: EntryActions }) {
  return (
    <div className={classes['actions']}>
      <Time at={message.created_at} />
      <CopyButton text={text} label="Copy message" />
      {onFork && (
        <Tooltip label="Fork from here">
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Fork from here" onClick={() => onFork(message.sequence)}>
            <IconArrowFork size={14} />
          </ActionIcon>
        </Tooltip>
      )}
      {message.turn_id !== null && (
        <Tooltip label="See the turn">
          <ActionIcon component={Link} href={`/turns/${message.turn_id}`} variant="subtle" color="gray" size="sm" aria-label="See the turn">
            <IconTimeline size={14} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  )
}
