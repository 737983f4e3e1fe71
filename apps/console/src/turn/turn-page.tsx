import { Center, Loader, Stack, Tabs } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Workflow } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { client } from '../server/client.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { buildTimeline } from './build-timeline.ts'
import { RawEvents } from './raw-events.tsx'
import { TimelineView } from './timeline-view.tsx'
import { TurnHead } from './turn-head.tsx'
import classes from './turn.module.css'
import { useTurnEvents } from './use-turn-events.ts'

const refreshMs = 2_000

/** A turn, seen: where its time went, what each step did, and every event of it. */
export function TurnPage({ turn_id }: { turn_id: string }) {
  useDocumentTitle('Turn · Reprise')
  const workflow = useQuery({
    queryKey: ['durable', 'workflows', 'get', turn_id],
    queryFn: ({ signal }) => client.durable.workflows.get.query({ workflow_id: turn_id }, { signal }),
    refetchInterval: ({ state }) => (state.data && state.data.ended_at === null ? refreshMs : false),
  })
  if (workflow.isPending) return <Center flex={1}><Loader aria-label="Loading the turn" /></Center>
  if (!workflow.data) return <Center flex={1} p="md"><ErrorNotice error={workflow.error} onRetry={() => void workflow.refetch()} /></Center>
  return <ShownTurn key={turn_id} workflow={workflow.data} />
}

function ShownTurn({ workflow }: { workflow: Workflow }) {
  const { events, error } = useTurnEvents(workflow.session_id, workflow.id)
  const timeline = useMemo(() => buildTimeline(events), [events])
  return (
    <div className={classes['page']}>
      <Stack gap="md" className={classes['column']}>
        <TurnHead workflow={workflow} timeline={timeline} events={events} />
        {error !== null && <ErrorNotice error={error} />}
        <Tabs defaultValue="timeline" keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="timeline">Timeline</Tabs.Tab>
            <Tabs.Tab value="events">Events ({events.length})</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="timeline" pt="md"><TimelineView timeline={timeline} events={events} /></Tabs.Panel>
          <Tabs.Panel value="events" pt="md"><RawEvents session_id={workflow.session_id} turn_id={workflow.id} events={events} /></Tabs.Panel>
        </Tabs>
      </Stack>
    </div>
  )
}
