import { Alert, Anchor, Button, Group, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { Entry } from './conversation.ts'
import type { EntryActions } from './entry-view.tsx'
import classes from './entry-view.module.css'
import { Markdown } from './markdown.tsx'
import { MessageActions } from './message-actions.tsx'
import { Thinking } from './thinking.tsx'

interface AnswerViewProps {
  entry: Extract<Entry, { kind: 'answer' }>
  actions: EntryActions
}

export function AnswerView({ entry, actions }: AnswerViewProps) {
  const { text, thinking, isThinking, isStreaming, isInterrupted, isNotice, message } = entry
  if (isNotice) return <FailureNotice entry={entry} actions={actions} />
  return (
    <article aria-label="Answer" aria-busy={isStreaming}>
      {(thinking !== '' || isThinking) && <Thinking text={thinking} isThinking={isThinking} />}
      {text !== '' && <Markdown text={text} />}
      {isStreaming && !isThinking && <span className={classes['caret']} aria-hidden />}
      {isInterrupted && <Text size="sm" c="dimmed">It was interrupted here.</Text>}
      {message && <MessageActions message={message} text={text} actions={actions} />}
    </article>
  )
}

/** The message that the server writes where a turn has failed, with the ways on. */
function FailureNotice({ entry: { text, turn_id }, actions: { onRetryTurn } }: AnswerViewProps) {
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />} title="The turn failed">
      <Text size="sm" mb="xs">{text}</Text>
      {turn_id !== null && (
        <Group gap="sm">
          {onRetryTurn && <Button size="compact-sm" color="red" variant="light" onClick={() => onRetryTurn(turn_id)}>Try again</Button>}
          <Anchor component={Link} href={`/turns/${turn_id}`} size="sm">See what happened</Anchor>
        </Group>
      )}
    </Alert>
  )
}
