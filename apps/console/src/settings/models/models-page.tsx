import { EmptyState } from '../../ui/empty-state.tsx'

export function ModelsPage() {
  return <EmptyState title="Models" />
}
