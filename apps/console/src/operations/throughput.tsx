import '@mantine/charts/styles.css'
import { AreaChart, LineChart } from '@mantine/charts'
import { Group, SegmentedControl, Text, Title } from '@mantine/core'
import type { ThroughputStep } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'wouter'
import { client } from '../server/client.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { formatDuration } from '../ui/format-duration.ts'
import { live } from './live.ts'
import classes from './operations.module.css'

const ranges = [
  { value: '15', label: '15 min' },
  { value: '60', label: '1 h' },
  { value: '360', label: '6 h' },
  { value: '1440', label: '24 h' },
]
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** Turns a second by outcome, and how long they took, over time. */
export function Throughput() {
  const [params, setParams] = useSearchParams()
  const range = ranges.find(({ value }) => value === params.get('range'))?.value ?? '15'
  const throughput = useQuery({ queryKey: ['durable', 'throughput', range], queryFn: ({ signal }) => client.durable.throughput.query({ minutes: Number(range) }, { signal }), ...live(10_000) })
  const { data = [], step_ms = 10_000, is_complete = true } = throughput.data ?? {}
  const rows = data.map((step) => toRow(step, step_ms))
  return (
    <section aria-label="Turns over time">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">Turns over time</Title>
        <SegmentedControl size="xs" data={ranges} value={range} onChange={(value) => setParams({ range: value }, { replace: true })} aria-label="Range" />
      </Group>
      {throughput.error && <ErrorNotice error={throughput.error} />}
      <div className={classes['charts']}>
        <figure className={classes['chart']}>
          <Text component="figcaption" size="sm" fw={500}>Turns a second</Text>
          <AreaChart h={200} data={rows} dataKey="time" type="stacked" curveType="linear" withLegend withDots={false} series={[{ name: 'Failed', color: 'red.7' }, { name: 'Cancelled', color: 'gray.6' }, { name: 'Completed', color: 'teal.7' }]} valueFormatter={formatRate} yAxisProps={{ width: 44 }} areaProps={{ isAnimationActive: false }} />
        </figure>
        <figure className={classes['chart']}>
          <Text component="figcaption" size="sm" fw={500}>From message to end</Text>
          <LineChart h={200} data={rows} dataKey="time" curveType="linear" withLegend withDots={false} connectNulls={false} series={[{ name: 'p50', color: 'indigo.4' }, { name: 'p95', color: 'indigo.6' }, { name: 'p99', color: 'orange.7' }]} valueFormatter={formatDuration} yAxisProps={{ width: 64 }} lineProps={{ isAnimationActive: false }} />
        </figure>
      </div>
      <Text size="xs" c="dimmed">{describeTotal(data)}{is_complete ? '' : ' More ended than are counted here: these are the latest 100,000.'}</Text>
    </section>
  )
}

function toRow({ at, completed, failed, cancelled, duration_ms }: ThroughputStep, stepMs: number) {
  const rate = (turns: number) => Math.round((turns / stepMs) * 100_000) / 100
  return { time: clock.format(new Date(at)), Completed: rate(completed), Failed: rate(failed), Cancelled: rate(cancelled), p50: duration_ms?.p50 ?? null, p95: duration_ms?.p95 ?? null, p99: duration_ms?.p99 ?? null }
}

function formatRate(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 2 })
}

function describeTotal(data: readonly ThroughputStep[]): string {
  const sum = (count: (step: ThroughputStep) => number) => data.reduce((total, step) => total + count(step), 0).toLocaleString('en')
  return `${sum(({ completed }) => completed)} completed, ${sum(({ failed }) => failed)} failed, ${sum(({ cancelled }) => cancelled)} cancelled.`
}
