import { EmptyState } from '../../ui/empty-state.tsx'

export function CapabilitiesPage() {
  return <EmptyState title="Capabilities" />
}
