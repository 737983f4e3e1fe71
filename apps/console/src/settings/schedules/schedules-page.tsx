import { EmptyState } from '../../ui/empty-state.tsx'

export function SchedulesPage() {
  return <EmptyState title="Schedules" />
}
