import { Button, Group, MultiSelect, Text, TextInput, UnstyledButton } from '@mantine/core'
import type { SessionEvent } from '@reprise/client'
import { useState } from 'react'
import { CopyButton } from '../ui/copy-button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { JsonView } from '../ui/json-view.tsx'
import classes from './turn.module.css'

interface RawEventsProps {
  session_id: string
  turn_id: string
  events: readonly SessionEvent[]
}

const shownFirst = 200

/** Every event of the turn as it is stored, by type and text. */
export function RawEvents({ session_id, turn_id, events }: RawEventsProps) {
  const [types, setTypes] = useState<string[]>([])
  const [text, setText] = useState('')
  const [shownMax, setShownMax] = useState(shownFirst)
  const wanted = text.toLowerCase()
  const found = events.filter((event) => (types.length === 0 || types.includes(event.type)) && (wanted === '' || JSON.stringify(event.data).toLowerCase().includes(wanted)))
  const query = new URLSearchParams([['turn_id', turn_id], ['limit', '1000'], ...types.map((type) => ['types', type]), ...(text === '' ? [] : [['q', text]])])
  const curl = `curl '${window.location.origin}/v1/sessions/${session_id}/events?${query}'`
  return (
    <div>
      <Group align="flex-end" mb="sm">
        <MultiSelect flex={1} miw={220} size="xs" label="Types" placeholder={types.length === 0 ? 'all' : ''} data={[...new Set(events.map(({ type }) => type))].toSorted()} value={types} onChange={setTypes} clearable clearButtonProps={{ 'aria-label': 'All types' }} />
        <TextInput flex={1} miw={160} size="xs" label="Text" value={text} onChange={(event) => setText(event.currentTarget.value)} />
        <Group gap={4}>
          <Text size="xs" c="dimmed">{found.length} of {events.length}</Text>
          <CopyButton text={found.map((event) => JSON.stringify(event)).join('\n')} label="Copy as JSON lines" />
          <CopyButton text={curl} label="Copy as curl" />
        </Group>
      </Group>
      {found.length === 0 && <EmptyState title="No event matches" />}
      <ol className={classes['events']} aria-label="Events">
        {found.slice(0, shownMax).map((event) => <EventRow key={event.id} event={event} />)}
      </ol>
      {found.length > shownMax && <Button size="xs" variant="subtle" onClick={() => setShownMax(found.length)}>Show all {found.length}</Button>}
    </div>
  )
}

function EventRow({ event }: { event: SessionEvent }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <li className={classes['event']}>
      <UnstyledButton className={classes['line']} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <Text span size="xs" c="dimmed" className={classes['sequence']}>{event.sequence}</Text>
        <Text span size="xs" c="dimmed" ff="monospace">{event.ts.slice(11, 23)}</Text>
        <Text span size="xs" fw={500} className={classes['type']}>{event.type}</Text>
        <Text span size="xs" c="dimmed" ff="monospace" truncate flex={1}>{JSON.stringify(event.data).slice(0, 300)}</Text>
      </UnstyledButton>
      {isOpen && (
        <div className={classes['details']}>
          <CopyButton text={JSON.stringify(event, null, 2)} label="Copy event" />
          <JsonView value={event} label={`Event ${event.sequence}`} />
        </div>
      )}
    </li>
  )
}
