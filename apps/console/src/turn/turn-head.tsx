import { Anchor, Badge, Button, Group, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { SessionEvent } from '@reprise/client'
import type { TurnStatus, Workflow } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useCaller } from '../app/caller.tsx'
import { client } from '../server/client.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { describeError } from '../ui/error-notice.tsx'
import { formatDuration } from '../ui/format-duration.ts'
import { Time } from '../ui/time.tsx'
import type { Timeline } from './build-timeline.ts'
import { listWorkers } from './timeline-view.tsx'
import classes from './turn.module.css'

const colors: Record<TurnStatus, string> = { waiting: 'gray', ready: 'gray', running: 'teal', parked: 'indigo', completed: 'teal', failed: 'red', cancelled: 'gray' }

interface TurnHeadProps {
  workflow: Workflow
  timeline: Timeline
  events: readonly SessionEvent[]
}

/** The turn in a few figures, and what may be done with it. */
export function TurnHead({ workflow, timeline, events }: TurnHeadProps) {
  const input = events.find((event) => event.type === 'input.message')
  const started = events.find((event) => event.type === 'reason.started')
  const ended = events.findLast((event) => event.type === 'turn.completed')
  const words = input?.type === 'input.message' ? input.data.message.content.flatMap((part) => (part.type === 'text' ? part.text : [])).join(' ') : ''
  const workers = listWorkers(timeline.spans)
  const usage = ended?.type === 'turn.completed' ? ended.data.usage : null
  return (
    <header>
      <Group justify="space-between" align="flex-start" mb="xs">
        <div>
          <Group gap="xs">
            <Title order={1} size="h4">Turn</Title>
            <Badge variant="dot" color={colors[workflow.status]} tt="none">{workflow.status}</Badge>
          </Group>
          <Group gap={2}><Text size="xs" c="dimmed" ff="monospace">{workflow.id}</Text><CopyButton text={workflow.id} label="Copy turn id" /></Group>
        </div>
        <TurnActions workflow={workflow} />
      </Group>
      {words !== '' && <Text size="sm" lineClamp={2} mb="xs">{words}</Text>}
      {workflow.error !== null && <Text size="sm" c="red" mb="xs">{workflow.error}</Text>}
      <dl className={classes['facts']}>
        <Fact name="Session"><Anchor component={Link} href={`/sessions/${workflow.session_id}`} size="sm">open</Anchor></Fact>
        <Fact name="Began"><Time at={workflow.created_at} /></Fact>
        <Fact name="Took">{timeline.end === null ? 'goes on' : formatDuration(timeline.end)}</Fact>
        <Fact name="Model">{started?.type === 'reason.started' ? started.data.metadata.model : '–'}</Fact>
        <Fact name="Tokens in">{usage ? usage.input_tokens.toLocaleString('en') : '–'}</Fact>
        <Fact name="Tokens out">{usage ? usage.output_tokens.toLocaleString('en') : '–'}</Fact>
        {usage?.cache_read_tokens !== undefined && <Fact name="From cache">{usage.cache_read_tokens.toLocaleString('en')}</Fact>}
        {usage?.cost_usd !== undefined && <Fact name="Cost">${usage.cost_usd.toFixed(6)}</Fact>}
        {workers.length > 0 && <Fact name={workers.length === 1 ? 'Worker' : 'Workers, by takeover'}><Text span ff="monospace" size="xs">{workers.map((id) => id.slice(-6)).join(' → ')}</Text></Fact>}
        {workflow.attempt > 1 && <Fact name="Attempt">{workflow.attempt}</Fact>}
        {(workflow.recoveries > 0 || timeline.restarts.length > 0) && <Fact name="Taken up again">{Math.max(workflow.recoveries, timeline.restarts.length)} ×</Fact>}
        {workflow.retry_of !== null && <Fact name="Retry of"><Anchor component={Link} href={`/turns/${workflow.retry_of}`} size="sm">the failed turn</Anchor></Fact>}
      </dl>
    </header>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function TurnActions({ workflow: { id, status, ended_at } }: { workflow: Workflow }) {
  const mayWrite = useCaller().scopes.includes('write')
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const onError = (error: Error) => void notifications.show({ color: 'red', title: 'Not done', message: describeError(error) })
  const cancel = useMutation({ onError, mutationFn: () => client.durable.workflows.cancel.mutate({ workflow_id: id }), onSuccess: () => queries.invalidateQueries({ queryKey: ['durable'] }) })
  const retry = useMutation({ onError, mutationFn: () => client.durable.dlq.retry.mutate({ dead_letter_id: id }), onSuccess: (retried) => navigate(`/turns/${retried.id}`) })
  if (!mayWrite) return null
  if (ended_at === null) return <Button size="xs" variant="light" color="red" loading={cancel.isPending} onClick={() => cancel.mutate()}>Cancel</Button>
  return status === 'failed' ? <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate()}>Try again</Button> : null
}
