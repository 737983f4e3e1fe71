import { Group, Stack, Text } from '@mantine/core'
import type { SessionEvent } from '@reprise/client'
import { CopyButton } from '../ui/copy-button.tsx'
import { JsonView } from '../ui/json-view.tsx'
import type { Span } from './build-timeline.ts'
import { ModelRequestView } from './model-request-view.tsx'
import classes from './turn.module.css'

/** The event that tells the most of a step, and the message that a model call gave. */
export function SpanDetails({ span, events }: { span: Span; events: readonly SessionEvent[] }) {
  const told = events.find(({ id }) => id === span.event_id)
  const turn_id = told?.context.turn_id
  const message = told?.type === 'llm.generation' ? events.find((event) => event.type === 'output.message.completed' && event.data.message.id === told.data.output.message_id) : undefined
  const call = told?.type === 'tool.completed' ? events.find((event) => event.type === 'tool.started' && event.data.tool_call.id === told.data.tool_call_id) : undefined
  return (
    <Stack gap="xs" className={classes['details']}>
      {told?.type === 'llm.generation' && turn_id !== undefined && <ModelRequestView turn_id={turn_id} event_id={told.id} />}
      {call?.type === 'tool.started' && <Part name="Arguments" value={call.data.tool_call.arguments} />}
      {message?.type === 'output.message.completed' && <Part name="What came back" value={message.data.message.content} />}
      {told && <Part name={told.type} value={told.data} />}
    </Stack>
  )
}

function Part({ name, value }: { name: string; value: unknown }) {
  return (
    <div>
      <Group gap={4}><Text size="xs" fw={600}>{name}</Text><CopyButton text={JSON.stringify(value, null, 2)} label={`Copy ${name}`} /></Group>
      <JsonView value={value} label={name} />
    </div>
  )
}
