import { Loader, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconFlame, type Icon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { client } from '../server/client.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { formatDuration } from '../ui/format-duration.ts'
import { Time } from '../ui/time.tsx'
import { describeHealth, type State } from './describe-health.ts'
import { live } from './live.ts'
import { useWorkers } from './use-workers.ts'
import classes from './operations.module.css'

const looks: Record<State['level'], { icon: Icon; color: string }> = {
  well: { icon: IconCircleCheck, color: 'teal' },
  strained: { icon: IconAlertTriangle, color: 'orange' },
  failing: { icon: IconFlame, color: 'red' },
}

/** One sentence, and the figures behind it. */
export function HealthSummary() {
  const health = useQuery({ queryKey: ['durable', 'health'], queryFn: ({ signal }) => client.durable.health.query(undefined, { signal }), ...live(2_000) })
  const workers = useWorkers()
  if (health.isPending || workers.isPending) return <Loader size="sm" aria-label="Loading" />
  if (!health.data || !workers.data) return <ErrorNotice error={health.error ?? workers.error} />
  const state = describeHealth(health.data, workers.data.data)
  const { icon: Icon, color } = looks[state.level]
  const { turns_ready, turns_running, turns_waiting, turns_parked, turns_failed_last_hour, oldest_ready_age_ms, slots } = health.data
  return (
    <section aria-label="State">
      <Text fw={600} size="lg" c={color} className={classes['state']} role="status"><Icon size={22} aria-hidden /> {state.words}</Text>
      <dl className={classes['tiles']}>
        <Tile name="Running" value={`${turns_running} of ${slots}`} />
        <Tile name="Ready" value={turns_ready} />
        <Tile name="Oldest ready" value={oldest_ready_age_ms === null ? '–' : formatDuration(oldest_ready_age_ms)} />
        <Tile name="Behind others" value={turns_waiting} />
        <Tile name="Wait for callers" value={turns_parked} />
        <Tile name="Failed, last hour" value={turns_failed_last_hour} />
      </dl>
      {health.isError && <Text size="xs" c="orange">Last seen <Time at={new Date(health.dataUpdatedAt).toISOString()} />: the server does not answer.</Text>}
    </section>
  )
}

function Tile({ name, value }: { name: string; value: string | number }) {
  return (
    <div className={classes['tile']}>
      <dt>{name}</dt>
      <dd>{typeof value === 'number' ? value.toLocaleString('en') : value}</dd>
    </div>
  )
}
