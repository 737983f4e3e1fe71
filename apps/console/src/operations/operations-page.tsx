import { EmptyState } from '../ui/empty-state.tsx'

export function OperationsPage() {
  return <EmptyState title="Operations" />
}
