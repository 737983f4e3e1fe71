import { Center, Loader } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Route, Switch } from 'wouter'
import { SessionsPage } from '../sessions/sessions-page.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

const TurnPage = lazy(async () => ({ default: (await import('../turn/turn-page.tsx')).TurnPage }))
const OperationsPage = lazy(async () => ({ default: (await import('../operations/operations-page.tsx')).OperationsPage }))
const SettingsPage = lazy(async () => ({ default: (await import('../settings/settings-page.tsx')).SettingsPage }))

/** Every page by its path; the server answers the same list: see build/pages.ts. */
export function Routes() {
  return (
    <Suspense fallback={<Center mih="50dvh"><Loader aria-label="Loading" /></Center>}>
      <Switch>
        <Route path="/"><SessionsPage session_id={null} /></Route>
        <Route path="/sessions"><SessionsPage session_id={null} /></Route>
        <Route path="/sessions/:session_id">{({ session_id }) => <SessionsPage session_id={session_id} />}</Route>
        <Route path="/turns/:turn_id">{({ turn_id }) => <TurnPage key={turn_id} turn_id={turn_id} />}</Route>
        <Route path="/operations/*?"><OperationsPage /></Route>
        <Route path="/settings/*?"><SettingsPage /></Route>
        <Route><EmptyState title="There is no such page">The menu shows those that there are.</EmptyState></Route>
      </Switch>
    </Suspense>
  )
}
