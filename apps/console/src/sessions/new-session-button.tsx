import { Button, Group, Menu } from '@mantine/core'
import { IconChevronDown, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { client } from '../server/client.ts'
import { useCaller } from '../app/caller.tsx'
import { useCreateSession } from './use-create-session.ts'

/** Begins a session: with the model alone at once, or with an agent that is chosen. */
export function NewSessionButton() {
  const { scopes } = useCaller()
  const create = useCreateSession()
  const agents = useQuery({ queryKey: ['agents', 'list', 'active'], queryFn: ({ signal }) => client.agents.list.query({ limit: 50 }, { signal }), staleTime: 30_000 })
  if (!scopes.includes('write')) return null
  return (
    <Group gap={0} wrap="nowrap">
      <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} loading={create.isPending} onClick={() => create.mutate(null)} style={{ borderStartEndRadius: 0, borderEndEndRadius: 0 }}>New</Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" px={6} aria-label="New session with an agent" style={{ borderStartStartRadius: 0, borderEndStartRadius: 0, borderInlineStart: '1px solid rgb(255 255 255 / 35%)' }}><IconChevronDown size={14} aria-hidden /></Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>With an agent</Menu.Label>
          {agents.data?.data.map(({ id, name, display_name }) => <Menu.Item key={id} onClick={() => create.mutate(id)}>{display_name || name}</Menu.Item>)}
          <Menu.Item onClick={() => create.mutate(null)}>The model alone</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}
