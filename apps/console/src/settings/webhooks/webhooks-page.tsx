import { EmptyState } from '../../ui/empty-state.tsx'

export function WebhooksPage() {
  return <EmptyState title="Webhooks" />
}
