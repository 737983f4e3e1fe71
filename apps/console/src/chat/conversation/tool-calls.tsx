import { Anchor, Loader, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconAlertTriangle, IconCheck, IconChevronRight, IconHandStop, IconQuestionMark, IconUserQuestion, IconX, type Icon } from '@tabler/icons-react'
import { formatDuration } from '../../ui/format-duration.ts'
import { JsonView } from '../../ui/json-view.tsx'
import type { Entry, ToolActivity, ToolStatus } from './conversation.ts'
import { ImageRow } from './message-images.tsx'
import classes from './tool-calls.module.css'

type Tools = Extract<Entry, { kind: 'tools' }>

const statuses: Record<Exclude<ToolStatus, 'running'>, { icon: Icon; words: string; color: string }> = {
  success: { icon: IconCheck, words: 'done', color: 'teal' },
  error: { icon: IconAlertTriangle, words: 'failed', color: 'red' },
  cancelled: { icon: IconX, words: 'cancelled', color: 'gray' },
  outcome_unknown: { icon: IconQuestionMark, words: 'outcome unknown', color: 'orange' },
  awaiting_result: { icon: IconUserQuestion, words: 'waits for a result', color: 'indigo' },
  awaiting_approval: { icon: IconHandStop, words: 'waits for approval', color: 'indigo' },
}

/** The calls of one answer, which run side by side. */
export function ToolCalls({ entry }: { entry: Tools }) {
  return (
    <ul className={classes['calls']} aria-label="Tool calls">
      {entry.calls.map((call) => <ToolCall key={call.id} call={call} entry={entry} />)}
    </ul>
  )
}

function ToolCall({ call, entry }: { call: ToolActivity; entry: Tools }) {
  const [isOpen, { toggle }] = useDisclosure(false)
  const { name, status, progress, duration_ms } = call
  return (
    <li className={classes['call']}>
      <UnstyledButton className={classes['fold']} onClick={toggle} aria-expanded={isOpen}>
        <IconChevronRight size={14} className={classes['chevron']} data-open={isOpen || undefined} aria-hidden />
        <Text span size="sm" ff="monospace" className={classes['name']}>{name || 'a tool'}</Text>
        {progress !== null && status === 'running' && <Text span size="xs" c="dimmed" truncate>{progress}</Text>}
        <Status status={status} />
        {duration_ms !== null && <Text span size="xs" c="dimmed" className={classes['duration']}>{formatDuration(duration_ms)}</Text>}
      </UnstyledButton>
      {isOpen && <Details call={call} entry={entry} />}
    </li>
  )
}

function Status({ status }: { status: ToolStatus }) {
  if (status === 'running') return <Text span size="xs" c="dimmed" className={classes['status']}><Loader size={12} aria-hidden /> running</Text>
  const { icon: Icon, words, color } = statuses[status]
  return <Text span size="xs" c={color} className={classes['status']}><Icon size={14} aria-hidden /> {words}</Text>
}

function Details({ call: { id, name, arguments: given, result, error, images = [], isCut }, entry: { session_id, turn_id } }: { call: ToolActivity; entry: Tools }) {
  const whole = `/v1/sessions/${session_id}/tool-results/${encodeURIComponent(id)}${turn_id === null ? '' : `?turn_id=${turn_id}`}`
  return (
    <div className={classes['details']}>
      {given !== undefined && (
        <>
          <Text size="xs" fw={600}>Arguments</Text>
          <JsonView value={given} label={`Arguments of ${name}`} />
        </>
      )}
      {error !== null && (
        <>
          <Text size="xs" fw={600}>Error</Text>
          <Text size="sm" className={classes['error']}>{error}</Text>
        </>
      )}
      {result !== undefined && (
        <>
          <Text size="xs" fw={600}>Result</Text>
          <JsonView value={result} label={`Result of ${name}`} />
          {isCut && <Anchor size="sm" href={whole} target="_blank" rel="noopener">This is its beginning: open all of it</Anchor>}
        </>
      )}
      <ImageRow images={images.map(({ image_id }) => ({ url: `/v1/images/${image_id}`, name: 'image of the result' }))} />
    </div>
  )
}
