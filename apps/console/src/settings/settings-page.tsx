import { Center, Loader } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Redirect, Route, Switch } from 'wouter'
import { SectionMenu } from './section-menu.tsx'
import classes from './settings-page.module.css'

const AgentsPage = lazy(async () => ({ default: (await import('./agents/agents-page.tsx')).AgentsPage }))
const CapabilitiesPage = lazy(async () => ({ default: (await import('./capabilities/capabilities-page.tsx')).CapabilitiesPage }))
const McpServersPage = lazy(async () => ({ default: (await import('./mcp-servers/mcp-servers-page.tsx')).McpServersPage }))
const ModelsPage = lazy(async () => ({ default: (await import('./models/models-page.tsx')).ModelsPage }))
const KeysPage = lazy(async () => ({ default: (await import('./keys/keys-page.tsx')).KeysPage }))
const WebhooksPage = lazy(async () => ({ default: (await import('./webhooks/webhooks-page.tsx')).WebhooksPage }))
const SchedulesPage = lazy(async () => ({ default: (await import('./schedules/schedules-page.tsx')).SchedulesPage }))
const OrganizationPage = lazy(async () => ({ default: (await import('./organization/organization-page.tsx')).OrganizationPage }))

/** The menu of sections beside the open one; on a phone it is a row above it. A section may have pages of its own below its path. */
export function SettingsPage() {
  return (
    <div className={classes['layout']}>
      <SectionMenu />
      <div className={classes['section']}>
        <Suspense fallback={<Center mih={200}><Loader aria-label="Loading" /></Center>}>
          <Switch>
            <Route path="/settings"><Redirect to="/settings/agents" replace /></Route>
            <Route path="/settings/agents/*?"><AgentsPage /></Route>
            <Route path="/settings/capabilities"><CapabilitiesPage /></Route>
            <Route path="/settings/mcp-servers"><McpServersPage /></Route>
            <Route path="/settings/models/*?"><ModelsPage /></Route>
            <Route path="/settings/keys"><KeysPage /></Route>
            <Route path="/settings/webhooks/*?"><WebhooksPage /></Route>
            <Route path="/settings/schedules/*?"><SchedulesPage /></Route>
            <Route path="/settings/organization"><OrganizationPage /></Route>
          </Switch>
        </Suspense>
      </div>
    </div>
  )
}
