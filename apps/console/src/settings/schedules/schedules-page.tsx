import { Anchor, Badge, Button, Center, Group, Loader, Table, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Schedule } from '@reprise/contract'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { confirm } from '../../ui/confirm.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'
import { Time } from '../../ui/time.tsx'
import { useChange } from '../../ui/use-change.ts'
import { readText, ScheduleForm } from './schedule-form.tsx'

const refreshMs = 5_000

/** Messages that are posted by the clock. */
export function SchedulesPage() {
  useDocumentTitle('Schedules · Reprise')
  const [editing, setEditing] = useState<{ schedule: Schedule | null } | null>(null)
  const mayWrite = useCaller().scopes.includes('write')
  const schedules = useQuery({ queryKey: ['schedules', 'list'], queryFn: async ({ signal }) => (await client.schedules.list.query({ limit: 200 }, { signal })).data as Schedule[], refetchInterval: refreshMs }) // its free fields are typed as absent or not
  return (
    <>
      <SectionHead title="Schedules" action={mayWrite && <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing({ schedule: null })}>Schedule</Button>}>
        A message is posted to a session at a time, or again and again, exactly once each, however many servers run.
      </SectionHead>
      {schedules.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {schedules.error && <ErrorNotice error={schedules.error} />}
      {schedules.data?.length === 0 && <EmptyState title="No schedule yet">Add one: “0 9 * * 1-5” is nine o’clock on weekdays.</EmptyState>}
      {schedules.data && schedules.data.length > 0 && (
        <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} role="group" aria-label="Table of schedules">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Schedule</Table.Th><Table.Th>When</Table.Th><Table.Th>Next</Table.Th><Table.Th>Last</Table.Th><Table.Td /></Table.Tr></Table.Thead>
            <Table.Tbody>{schedules.data.map((schedule) => <ScheduleRow key={schedule.id} schedule={schedule} mayWrite={mayWrite} onEdit={() => setEditing({ schedule })} />)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {editing && <ScheduleForm schedule={editing.schedule} onClose={() => setEditing(null)} />}
    </>
  )
}

function ScheduleRow({ schedule, mayWrite, onEdit }: { schedule: Schedule; mayWrite: boolean; onEdit: () => void }) {
  const { id, name, session_id, cron, timezone, at, enabled, next_fire_at, last_fired_at, last_error } = schedule
  const toggle = useChange(['schedules'], () => client.schedules.update.mutate({ schedule_id: id, enabled: !enabled }))
  const remove = useChange(['schedules'], () => client.schedules.delete.mutate({ schedule_id: id }))
  const title = name ?? readText(schedule)
  return (
    <Table.Tr>
      <Table.Td maw={260}><Text size="sm" truncate>{title}</Text><Anchor component={Link} href={`/sessions/${session_id}`} size="xs">its session</Anchor></Table.Td>
      <Table.Td><Text size="sm" ff={cron ? 'monospace' : undefined}>{cron ?? (at && <Time at={at} />)}</Text>{cron && <Text size="xs" c="dimmed">{timezone}</Text>}</Table.Td>
      <Table.Td><Text size="sm">{next_fire_at ? <Time at={next_fire_at} /> : <Badge size="xs" variant="dot" color="gray" tt="none">{enabled ? 'over' : 'off'}</Badge>}</Text></Table.Td>
      <Table.Td><Text size="sm">{last_fired_at ? <Time at={last_fired_at} /> : 'never'}</Text>{last_error && <Text size="xs" c="red" lineClamp={2}>{last_error.message}</Text>}</Table.Td>
      <Table.Td>
        {mayWrite && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <Button size="compact-xs" variant="subtle" onClick={() => toggle.mutate(undefined)}>{enabled ? 'Turn off' : 'Turn on'}</Button>
            <Button size="compact-xs" variant="subtle" onClick={onEdit}>Edit</Button>
            <Button size="compact-xs" variant="subtle" color="red" onClick={() => confirm({ title: `Delete ${title}?`, words: 'What it posted stays.', action: 'Delete', onConfirm: () => remove.mutate(undefined) })}>Delete</Button>
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
