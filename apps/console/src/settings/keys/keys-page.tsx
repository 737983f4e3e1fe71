import { EmptyState } from '../../ui/empty-state.tsx'

export function KeysPage() {
  return <EmptyState title="Keys" />
}
