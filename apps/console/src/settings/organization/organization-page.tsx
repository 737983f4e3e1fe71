import { EmptyState } from '../../ui/empty-state.tsx'

export function OrganizationPage() {
  return <EmptyState title="Organization" />
}
