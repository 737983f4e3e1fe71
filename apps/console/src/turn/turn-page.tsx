import { EmptyState } from '../ui/empty-state.tsx'

export function TurnPage({ turn_id }: { turn_id: string }) {
  return <EmptyState title="Turn">{turn_id}</EmptyState>
}
