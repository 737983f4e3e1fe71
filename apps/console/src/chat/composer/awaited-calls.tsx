import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import type { Conversation, ToolActivity } from '../conversation/conversation.ts'
import classes from './awaited-calls.module.css'

/** Asks the user for what the session waits for: results of client-side tools, and approvals. */
export function AwaitedCalls({ conversation: { session_id, awaited } }: { conversation: Conversation }) {
  if (awaited.length === 0) return null
  return (
    <section className={classes['calls']} aria-label="The session waits for you" aria-live="polite">
      {awaited.map((call) => (call.status === 'awaiting_approval' ? <AwaitedApproval key={call.id} session_id={session_id} call={call} /> : <AwaitedResult key={call.id} session_id={session_id} call={call} />))}
    </section>
  )
}

interface AwaitedProps {
  session_id: string
  call: ToolActivity
}

function AwaitedResult({ session_id, call }: AwaitedProps) {
  const [text, setText] = useState('')
  const submit = useMutation({
    mutationFn: (answer: { result: unknown } | { error: string }) => client.sessions.submitToolResults.mutate({ session_id, tool_results: [{ tool_call_id: call.id, ...answer }] }),
  })
  const isDone = submit.isPending || submit.isSuccess
  return (
    <Stack gap="xs" className={classes['call']}>
      <Text size="sm"><Text span ff="monospace" size="sm">{call.name}</Text> is a tool of yours: what is its result?</Text>
      <JsonView value={call.arguments} label={`Arguments of ${call.name}`} maxHeight={140} />
      <Textarea label="Result" description="JSON, or text as it is" autosize minRows={2} maxRows={8} classNames={{ input: classes['code']! }} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      {submit.error && <ErrorNotice error={submit.error} />}
      <Group gap="xs">
        <Button size="xs" loading={submit.isPending} disabled={isDone || text.trim() === ''} onClick={() => submit.mutate({ result: readValue(text) })}>Send result</Button>
        <Button size="xs" variant="default" disabled={isDone || text.trim() === ''} onClick={() => submit.mutate({ error: text })}>Send as error</Button>
      </Group>
    </Stack>
  )
}

function AwaitedApproval({ session_id, call }: AwaitedProps) {
  const [reason, setReason] = useState('')
  const decide = useMutation({
    mutationFn: (decision: 'approve' | 'deny') => client.sessions.submitToolApprovals.mutate({ session_id, approvals: [{ tool_call_id: call.id, decision, ...(reason !== '' && { reason }) }] }),
  })
  const isDone = decide.isPending || decide.isSuccess
  return (
    <Stack gap="xs" className={classes['call']}>
      <Text size="sm">May <Text span ff="monospace" size="sm">{call.name}</Text> be run with this?</Text>
      <JsonView value={call.arguments} label={`Arguments of ${call.name}`} maxHeight={140} />
      <TextInput label="Reason" description="The model reads it when you deny" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      {decide.error && <ErrorNotice error={decide.error} />}
      <Group gap="xs">
        <Button size="xs" loading={decide.isPending && decide.variables === 'approve'} disabled={isDone} onClick={() => decide.mutate('approve')}>Approve</Button>
        <Button size="xs" variant="default" loading={decide.isPending && decide.variables === 'deny'} disabled={isDone} onClick={() => decide.mutate('deny')}>Deny</Button>
      </Group>
    </Stack>
  )
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
