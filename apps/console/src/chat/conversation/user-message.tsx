import { Anchor, Group, Text } from '@mantine/core'
import { describeError } from '../../ui/error-notice.tsx'
import type { Entry } from './conversation.ts'
import type { EntryActions } from './entry-view.tsx'
import classes from './entry-view.module.css'
import { MessageActions } from './message-actions.tsx'
import { MessageImages } from './message-images.tsx'

interface UserMessageProps {
  entry: Extract<Entry, { kind: 'user' }>
  actions: EntryActions
}

export function UserMessage({ entry: { message, delivery, error }, actions }: UserMessageProps) {
  const text = message.content.flatMap((part) => (part.type === 'text' ? part.text : [])).join('\n')
  return (
    <article className={classes['user']} aria-label="Your message">
      <MessageImages content={message.content} />
      {text !== '' && <div className={classes['bubble']} data-sending={delivery === 'sending' || undefined}>{text}</div>}
      {delivery === null && <MessageActions message={message} text={text} actions={actions} />}
      {delivery === 'sending' && <Text size="xs" c="dimmed">Sending…</Text>}
      {delivery === 'failed' && (
        <Group gap="xs" role="alert">
          <Text size="sm" c="red">Not sent: {describeError(error)}</Text>
          {actions.onResend && <Anchor component="button" size="sm" onClick={() => actions.onResend?.(message.id)}>Send again</Anchor>}
        </Group>
      )}
    </article>
  )
}
