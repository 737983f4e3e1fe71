import { Anchor, Center, Loader } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Agent } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { AgentForm } from './agent-form.tsx'

/** An agent to be changed, or a new one. */
export function AgentEditor({ agent_id }: { agent_id: string | null }) {
  useDocumentTitle('Agent · Reprise')
  const agent = useQuery({ queryKey: ['agents', 'get', agent_id], queryFn: async ({ signal }) => (await client.agents.get.query({ agent_id: agent_id! }, { signal })) as Agent, enabled: agent_id !== null }) // its free fields are typed as absent or not
  const isNew = agent_id === null
  return (
    <>
      <Anchor component={Link} href="/settings/agents" size="sm">All agents</Anchor>
      {!isNew && agent.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {agent.error && <ErrorNotice error={agent.error} />}
      {(isNew || agent.data) && <AgentForm agent={agent.data ?? null} />}
    </>
  )
}
