import { Anchor, Button, Group, Pagination, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { DeadLetter } from '@reprise/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { useCaller } from '../app/caller.tsx'
import { client } from '../server/client.ts'
import { describeError, ErrorNotice } from '../ui/error-notice.tsx'
import { Time } from '../ui/time.tsx'
import { live } from './live.ts'

const pageSize = 10

/** The turns that failed for good, the latest first, and the way to have their messages answered again. */
export function DeadLetters() {
  const [page, setPage] = useState(1)
  const letters = useQuery({ queryKey: ['durable', 'dlq', page], queryFn: ({ signal }) => client.durable.dlq.list.query({ offset: (page - 1) * pageSize, limit: pageSize }, { signal }), ...live(5_000) })
  const { data = [], total = 0 } = letters.data ?? {}
  const retry = useRetry()
  const open = data.filter(({ retried_as }) => retried_as === null)
  const mayWrite = useCaller().scopes.includes('write')
  return (
    <section aria-label="Dead letters">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">Dead letters {total > 0 && <Text span size="sm" c="dimmed">{total.toLocaleString('en')}</Text>}</Title>
        {mayWrite && open.length > 1 && <Button size="compact-xs" variant="default" loading={retry.isPending} onClick={() => retry.mutate(open)}>Retry all {open.length} shown</Button>}
      </Group>
      {letters.error && <ErrorNotice error={letters.error} />}
      {letters.data && total === 0 && <Text size="sm" c="dimmed">None: no turn has failed for good.</Text>}
      {total > 0 && (
        <Table.ScrollContainer minWidth={560} type="native" tabIndex={0} role="group" aria-label="Table of dead letters">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Failed</Table.Th><Table.Th>Why</Table.Th><Table.Th>Attempts</Table.Th><Table.Th>Turn</Table.Th><Table.Td /></Table.Tr></Table.Thead>
            <Table.Tbody>
              {data.map((letter) => (
                <Table.Tr key={letter.id}>
                  <Table.Td><Text size="sm"><Time at={letter.failed_at} /></Text></Table.Td>
                  <Table.Td><Text size="sm" ff="monospace">{letter.error_code}</Text><Text size="xs" c="dimmed" lineClamp={2}>{letter.error ?? 'The server broke: its log says more.'}</Text></Table.Td>
                  <Table.Td><Text size="sm">{letter.attempts}</Text></Table.Td>
                  <Table.Td><Anchor component={Link} href={`/turns/${letter.id}`} size="sm">see it</Anchor></Table.Td>
                  <Table.Td ta="end">
                    {letter.retried_as === null ? (
                      mayWrite && <Button size="compact-xs" variant="light" loading={retry.isPending && retry.variables.some(({ id }) => id === letter.id)} onClick={() => retry.mutate([letter])}>Retry</Button>
                    ) : (
                      <Anchor component={Link} href={`/turns/${letter.retried_as}`} size="sm">retried</Anchor>
                    )}
                  </Table.Td>
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

function useRetry() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (letters: readonly DeadLetter[]) => {
      for (const { id } of letters) await client.durable.dlq.retry.mutate({ dead_letter_id: id })
    },
    onError: (error) => notifications.show({ color: 'red', title: 'Not retried', message: describeError(error) }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['durable'] }),
  })
}
