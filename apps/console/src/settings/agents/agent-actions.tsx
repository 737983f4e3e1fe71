import { Button, Group } from '@mantine/core'
import type { Agent } from '@reprise/contract'
import { useLocation } from 'wouter'
import { client } from '../../server/client.ts'
import { useCreateSession } from '../../sessions/use-create-session.ts'
import { confirm } from '../../ui/confirm.tsx'
import { useChange } from '../../ui/use-change.ts'

export function AgentActions({ agent: { id, name, status }, mayWrite }: { agent: Agent; mayWrite: boolean }) {
  const [, navigate] = useLocation()
  const start = useCreateSession()
  const copy = useChange(['agents'], () => client.agents.copy.mutate({ agent_id: id }), (copied) => navigate(`/settings/agents/${copied.id}`))
  const archive = useChange(['agents'], () => client.agents.delete.mutate({ agent_id: id }), () => navigate('/settings/agents'))
  return (
    <Group gap={6}>
      <Button size="compact-sm" variant="default" component="a" href={`/v1/agents/${id}/export`} download={`${name}.md`}>Export</Button>
      {mayWrite && (
        <>
          <Button size="compact-sm" variant="default" loading={copy.isPending} onClick={() => copy.mutate(undefined)}>Copy</Button>
          {status === 'active' && <Button size="compact-sm" variant="default" c="red" onClick={() => confirm({ title: `Archive ${name}?`, words: 'No session can be begun with it any more. Those that there are go on.', action: 'Archive', onConfirm: () => archive.mutate(undefined) })}>Archive</Button>}
          {status === 'active' && <Button size="compact-sm" loading={start.isPending} onClick={() => start.mutate(id)}>Start a session</Button>}
        </>
      )}
    </Group>
  )
}
