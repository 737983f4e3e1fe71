import { Button, Progress, Table, Text, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { Worker } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../server/client.ts'
import { describeError, ErrorNotice } from '../ui/error-notice.tsx'
import { Time } from '../ui/time.tsx'
import { useWorkers } from './use-workers.ts'

const words = { live: 'live', late: 'late', gone: 'gone' } as const
const colors = { live: 'teal', late: 'orange', gone: 'red' } as const

/** The processes that run turns: how much each has to do, and when it was last heard of. */
export function Workers() {
  const workers = useWorkers()
  const rows = workers.data?.data ?? []
  return (
    <section aria-label="Workers">
      <Title order={2} size="h5" mb="xs">Workers</Title>
      {workers.error && <ErrorNotice error={workers.error} />}
      <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="group" aria-label="Table of workers">
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr><Table.Th>Worker</Table.Th><Table.Th>State</Table.Th><Table.Th w={200}>Turns</Table.Th><Table.Th>Heartbeat</Table.Th><Table.Th>Started</Table.Th><Table.Td /></Table.Tr>
          </Table.Thead>
          <Table.Tbody>{rows.map((worker) => <WorkerRow key={worker.id} worker={worker} />)}</Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  )
}

function WorkerRow({ worker: { id, hostname, pid, status, draining, slots, turns_running, started_at, heartbeat_at } }: { worker: Worker }) {
  const queries = useQueryClient()
  const drain = useMutation({
    mutationFn: () => client.durable.workers.drain.mutate({ worker_id: id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['durable'] }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not drained', message: describeError(error) }),
  })
  const ask = () =>
    modals.openConfirmModal({
      title: 'Drain the worker?',
      children: <Text size="sm">It takes no more turns, and ends those that it has. It does so until it is started again.</Text>,
      labels: { confirm: 'Drain', cancel: 'Let it work' },
      closeButtonProps: { 'aria-label': 'Close' },
      onConfirm: () => drain.mutate(),
    })
  return (
    <Table.Tr>
      <Table.Td><Text size="sm">{hostname}</Text><Text size="xs" c="dimmed" ff="monospace">pid {pid}, {id.slice(-8)}</Text></Table.Td>
      <Table.Td><Text size="sm" c={colors[status]}>{words[status]}{draining ? ', draining' : ''}</Text></Table.Td>
      <Table.Td><Text size="xs" mb={2}>{turns_running} of {slots}</Text><Progress value={(turns_running / Math.max(slots, 1)) * 100} size="sm" aria-label={`${turns_running} of ${slots} slots`} /></Table.Td>
      <Table.Td><Text size="sm"><Time at={heartbeat_at} /></Text></Table.Td>
      <Table.Td><Text size="sm"><Time at={started_at} /></Text></Table.Td>
      <Table.Td ta="end">{!draining && status !== 'gone' && <Button size="compact-xs" variant="default" onClick={ask}>Drain</Button>}</Table.Td>
    </Table.Tr>
  )
}
