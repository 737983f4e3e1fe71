import { EmptyState } from '../../ui/empty-state.tsx'

export function McpServersPage() {
  return <EmptyState title="McpServers" />
}
