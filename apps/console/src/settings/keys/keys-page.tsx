import { Badge, Button, Center, Loader, Table, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Key } from '@reprise/contract'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { confirm } from '../../ui/confirm.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'
import { Time } from '../../ui/time.tsx'
import { useChange } from '../../ui/use-change.ts'
import { NewKey } from './new-key.tsx'

/** Who may call, and what. */
export function KeysPage() {
  useDocumentTitle('API keys · Reprise')
  const [isCreating, setIsCreating] = useState(false)
  const { scopes, key_id } = useCaller()
  const isAdmin = scopes.includes('admin')
  const keys = useQuery({ queryKey: ['keys', 'list'], queryFn: ({ signal }) => client.keys.list.query({ limit: 200 }, { signal }), enabled: isAdmin })
  return (
    <>
      <SectionHead title="API keys" action={isAdmin && <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setIsCreating(true)}>Key</Button>}>
        Each caller has a key of its own, with what it may do and until when. {!isAdmin && 'To see them, a key needs the scope admin.'}
      </SectionHead>
      {isAdmin && keys.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {keys.error && <ErrorNotice error={keys.error} />}
      {keys.data?.total === 0 && <EmptyState title="No key yet">While there is none, anybody on this machine may call, and nobody else. With the first, everybody needs one.</EmptyState>}
      {keys.data && keys.data.total > 0 && (
        <Table.ScrollContainer minWidth={640} type="native" tabIndex={0} role="group" aria-label="Table of keys">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Key</Table.Th><Table.Th>May</Table.Th><Table.Th>Last used</Table.Th><Table.Th>Ends</Table.Th><Table.Th>Limit</Table.Th><Table.Td /></Table.Tr></Table.Thead>
            <Table.Tbody>{keys.data.data.map((key) => <KeyRow key={key.id} apiKey={key} isOwn={key.id === key_id} />)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {isCreating && <NewKey isFirst={keys.data?.total === 0} onClose={() => setIsCreating(false)} />}
    </>
  )
}

function KeyRow({ apiKey: { id, name, prefix, scopes, last_used_at, expires_at, requests_per_minute, revoked_at }, isOwn }: { apiKey: Key; isOwn: boolean }) {
  const revoke = useChange(['keys'], () => client.keys.revoke.mutate({ key_id: id }))
  return (
    <Table.Tr>
      <Table.Td><Text size="sm">{name}</Text><Text size="xs" c="dimmed" ff="monospace">{prefix}…</Text></Table.Td>
      <Table.Td><Text size="sm">{scopes.join(', ')}</Text></Table.Td>
      <Table.Td><Text size="sm">{last_used_at === null ? 'never' : <Time at={last_used_at} />}</Text></Table.Td>
      <Table.Td><Text size="sm">{expires_at === null ? 'never' : <Time at={expires_at} />}</Text></Table.Td>
      <Table.Td><Text size="sm">{requests_per_minute === null ? 'none' : `${requests_per_minute.toLocaleString('en')} a minute`}</Text></Table.Td>
      <Table.Td ta="end">
        {revoked_at === null ? (
          <Button size="compact-xs" variant="subtle" color="red" aria-label={`Revoke ${name}`} onClick={() => confirm({ title: `Revoke ${name}?`, words: `Within five seconds it opens nothing any more${isOwn ? ', and you are logged out: it is the key that you came with' : ''}.`, action: 'Revoke', onConfirm: () => revoke.mutate(undefined) })}>Revoke</Button>
        ) : (
          <Badge size="xs" variant="dot" color="gray" tt="none">revoked</Badge>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
