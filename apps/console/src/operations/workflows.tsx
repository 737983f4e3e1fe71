import { Anchor, Group, NativeSelect, Pagination, Table, Text, Title } from '@mantine/core'
import type { TurnStatus } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { client } from '../server/client.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Time } from '../ui/time.tsx'
import { live } from './live.ts'

const pageSize = 10
const statuses: readonly TurnStatus[] = ['running', 'ready', 'waiting', 'parked', 'failed', 'cancelled', 'completed']

/** The organization's turns, the newest first, by their status. */
export function Workflows() {
  const [page, setPage] = useState(1)
  const [status, setStatus] = useState<TurnStatus | null>(null)
  const turns = useQuery({ queryKey: ['durable', 'workflows', status, page], queryFn: ({ signal }) => client.durable.workflows.list.query({ ...(status && { status }), offset: (page - 1) * pageSize, limit: pageSize }, { signal }), ...live(2_000) })
  const { data = [], total = 0 } = turns.data ?? {}
  return (
    <section aria-label="Turns">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">Turns {turns.data && <Text span size="sm" c="dimmed">{total.toLocaleString('en')}</Text>}</Title>
        <NativeSelect
          size="xs"
          aria-label="Status of turns"
          data={[{ value: '', label: 'Any status' }, ...statuses]}
          value={status ?? ''}
          onChange={({ currentTarget: { value } }) => {
            setStatus(statuses.find((one) => one === value) ?? null)
            setPage(1)
          }}
        />
      </Group>
      {turns.error && <ErrorNotice error={turns.error} />}
      {turns.data && total === 0 && <Text size="sm" c="dimmed">{status ? 'No turn stands so.' : 'No turn yet: post a message, or run "pnpm demo".'}</Text>}
      {total > 0 && (
        <Table.ScrollContainer minWidth={480} type="native" tabIndex={0} role="group" aria-label="Table of turns">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Turn</Table.Th><Table.Th>Status</Table.Th><Table.Th>Attempt</Table.Th><Table.Th>Began</Table.Th><Table.Th>Session</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {data.map(({ id, status: stands, attempt, created_at, session_id }) => (
                <Table.Tr key={id}>
                  <Table.Td><Anchor component={Link} href={`/turns/${id}`} size="sm" ff="monospace">{id.slice(-8)}</Anchor></Table.Td>
                  <Table.Td><Text size="sm">{stands}</Text></Table.Td>
                  <Table.Td><Text size="sm">{attempt}</Text></Table.Td>
                  <Table.Td><Text size="sm"><Time at={created_at} /></Text></Table.Td>
                  <Table.Td><Anchor component={Link} href={`/sessions/${session_id}`} size="sm">open</Anchor></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {total > pageSize && <Pagination size="sm" mt="sm" total={Math.ceil(total / pageSize)} value={page} onChange={setPage} getControlProps={(control) => ({ 'aria-label': `${control} page` })} />}
    </section>
  )
}
