import { EmptyState } from '../../ui/empty-state.tsx'

export function AgentsPage() {
  return <EmptyState title="Agents" />
}
