import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { Time } from '../../ui/time.tsx'

/** What became of an agent so far, in a line. */
export function AgentStats({ agent_id }: { agent_id: string }) {
  const stats = useQuery({ queryKey: ['agents', 'stats', agent_id], queryFn: ({ signal }) => client.agents.stats.query({ agent_id }, { signal }) })
  if (!stats.data) return null
  const { session_count, execution_count, turns_by_status, total_input_tokens, total_output_tokens, usage, last_execution_at, is_complete } = stats.data
  if (session_count === 0) return <Text size="sm" c="dimmed" mb="md">No session was begun with it yet.</Text>
  const failed = turns_by_status.failed ?? 0
  const facts = [
    `${is_complete ? '' : 'the newest '}${count(session_count, 'session')}`,
    `${count(execution_count, 'turn')}${failed > 0 ? ` (${failed.toLocaleString('en')} failed)` : ''}`,
    `${total_input_tokens.toLocaleString('en')} tokens in, ${total_output_tokens.toLocaleString('en')} out`,
    ...(usage.cost_usd === undefined ? [] : [`$${usage.cost_usd.toFixed(4)}`]),
  ]
  return <Text size="sm" c="dimmed" mb="md">{facts.join(' · ')}{last_execution_at !== null && <> · last used <Time at={last_execution_at} /></>}</Text>
}

function count(many: number, what: string): string {
  return `${many.toLocaleString('en')} ${what}${many === 1 ? '' : 's'}`
}
