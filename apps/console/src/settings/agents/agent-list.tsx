import { Anchor, Badge, Button, Card, Center, Checkbox, Group, Loader, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue, useDocumentTitle } from '@mantine/hooks'
import type { Agent } from '@reprise/contract'
import { IconPlus, IconUpload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { useCreateSession } from '../../sessions/use-create-session.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'
import { ImportAgent } from './import-agent.tsx'

export function AgentList() {
  useDocumentTitle('Agents · Reprise')
  const [search, setSearch] = useState('')
  const [settled] = useDebouncedValue(search, 200)
  const [isArchivedToo, setIsArchivedToo] = useState(false)
  const [isImporting, setIsImporting] = useState(false)
  const mayWrite = useCaller().scopes.includes('write')
  const input = { limit: 200, ...(settled && { search: settled }), ...(isArchivedToo && { include_archived: true }) }
  const agents = useQuery({ queryKey: ['agents', 'list', input], queryFn: ({ signal }) => client.agents.list.query(input, { signal }), placeholderData: keepPreviousData })
  const actions = (
    <Group gap="xs" wrap="nowrap">
      <Button size="xs" variant="default" leftSection={<IconUpload size={14} aria-hidden />} onClick={() => setIsImporting(true)}>Import</Button>
      <Button size="xs" component={Link} href="/settings/agents/new" leftSection={<IconPlus size={14} aria-hidden />}>Agent</Button>
    </Group>
  )
  return (
    <>
      <SectionHead title="Agents" action={mayWrite && actions}>A prompt, its tools and its model, under a name that sessions are begun with.</SectionHead>
      <Group mb="sm">
        <TextInput w={280} aria-label="Search agents" placeholder="Search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <Checkbox label="Archived too" checked={isArchivedToo} onChange={(event) => setIsArchivedToo(event.currentTarget.checked)} />
      </Group>
      {agents.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {agents.error && <ErrorNotice error={agents.error} />}
      {agents.data?.total === 0 && <EmptyState title={search ? 'No agent matches' : 'No agent yet'}>{!search && 'Make one with a prompt, or import a Markdown file.'}</EmptyState>}
      <Stack gap="xs">{(agents.data?.data as Agent[] | undefined)?.map((agent) => <AgentCard key={agent.id} agent={agent} mayWrite={mayWrite} />)}</Stack>
      {isImporting && <ImportAgent onClose={() => setIsImporting(false)} />}
    </>
  )
}

function AgentCard({ agent: { id, name, display_name, description, system_prompt, capabilities, tools, mcpServers, status }, mayWrite }: { agent: Agent; mayWrite: boolean }) {
  const start = useCreateSession()
  const has = [...capabilities.map(({ ref }) => ref), ...tools.map((tool) => tool.name), ...Object.keys(mcpServers)]
  return (
    <Card withBorder padding="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs">
            <Title order={2} size="h6"><Anchor component={Link} href={`/settings/agents/${id}`} inherit>{display_name || name}</Anchor></Title>
            {display_name && <Text size="xs" c="dimmed" ff="monospace">{name}</Text>}
            {status === 'archived' && <Badge size="xs" variant="dot" color="gray" tt="none">archived</Badge>}
          </Group>
          <Text size="sm" c="dimmed" lineClamp={2}>{description || system_prompt}</Text>
          {has.length > 0 && <Group gap={4} mt={4}>{has.map((tool) => <Badge key={tool} size="xs" variant="default" tt="none">{tool}</Badge>)}</Group>}
        </div>
        {mayWrite && status === 'active' && <Button size="compact-xs" variant="light" loading={start.isPending} onClick={() => start.mutate(id)} aria-label={`Start a session with ${display_name || name}`}>Start</Button>}
      </Group>
    </Card>
  )
}
