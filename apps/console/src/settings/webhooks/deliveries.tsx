import { Anchor, Button, Loader, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { Time } from '../../ui/time.tsx'
import { useChange } from '../../ui/use-change.ts'

const refreshMs = 3_000
const colors = { pending: 'dimmed', delivered: 'teal', failed: 'red' } as const

/** What the webhook was told lately, and what it said to that. */
export function Deliveries({ webhook_id }: { webhook_id: string }) {
  const deliveries = useQuery({ queryKey: ['webhooks', 'deliveries', webhook_id], queryFn: ({ signal }) => client.webhooks.deliveries.query({ webhook_id, limit: 20 }, { signal }), refetchInterval: refreshMs })
  const redeliver = useChange(['webhooks', 'deliveries'], (delivery_id: string) => client.webhooks.redeliver.mutate({ webhook_id, delivery_id }))
  if (deliveries.isPending) return <Loader size="sm" aria-label="Loading" />
  if (!deliveries.data) return <ErrorNotice error={deliveries.error} />
  if (deliveries.data.total === 0) return <Text size="sm" c="dimmed" mt="xs">Nothing has been told yet.</Text>
  return (
    <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="group" aria-label="Table of deliveries">
      <Table verticalSpacing={4} mt="xs">
        <Table.Thead><Table.Tr><Table.Th>Event</Table.Th><Table.Th>Outcome</Table.Th><Table.Th>Attempts</Table.Th><Table.Th>When</Table.Th><Table.Td /></Table.Tr></Table.Thead>
        <Table.Tbody>
          {deliveries.data.data.map(({ id, event_type, session_id, status, attempts, response_status, error, created_at }) => (
            <Table.Tr key={id}>
              <Table.Td><Text size="sm">{event_type}</Text><Anchor component={Link} href={`/sessions/${session_id}`} size="xs">its session</Anchor></Table.Td>
              <Table.Td><Text size="sm" c={colors[status]}>{status}{response_status === null ? '' : ` (${response_status})`}</Text>{error && <Text size="xs" c="dimmed" lineClamp={2}>{error}</Text>}</Table.Td>
              <Table.Td><Text size="sm">{attempts}</Text></Table.Td>
              <Table.Td><Text size="sm"><Time at={created_at} /></Text></Table.Td>
              <Table.Td ta="end"><Button size="compact-xs" variant="subtle" onClick={() => redeliver.mutate(id)}>Again</Button></Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
