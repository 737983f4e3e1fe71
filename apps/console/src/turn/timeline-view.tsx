import { Text, UnstyledButton } from '@mantine/core'
import type { SessionEvent } from '@reprise/client'
import { useState } from 'react'
import { formatDuration } from '../ui/format-duration.ts'
import { useNow } from '../ui/use-now.ts'
import type { Span, Timeline } from './build-timeline.ts'
import { chooseTicks } from './choose-ticks.ts'
import { SpanDetails } from './span-details.tsx'
import classes from './turn.module.css'

/** The steps of the turn, each a row with its place in time; opening one shows all that is known of it. */
export function TimelineView({ timeline, events }: { timeline: Timeline; events: readonly SessionEvent[] }) {
  const now = useNow()
  const [openKey, setOpenKey] = useState<string | null>(null)
  const { spans, commits, restarts, startedAt, end } = timeline
  const length = Math.max(end ?? now - startedAt, ...spans.map((span) => span.end ?? span.start), 1)
  const workers = listWorkers(spans)
  const place = (at: number) => `${(at / length) * 100}%`
  return (
    <div className={classes['timeline']}>
      <div className={classes['axis']} aria-hidden>
        {chooseTicks(length).map((at) => <span key={at} className={classes['tick']} style={{ left: place(at) }}>{formatDuration(at)}</span>)}
      </div>
      <ol className={classes['spans']} aria-label="Steps of the turn">
        {spans.map((span) => {
          const spanEnd = span.end ?? length
          const isOpen = openKey === span.key
          return (
            <li key={span.key} className={classes['span']}>
              <UnstyledButton className={classes['row']} aria-expanded={isOpen} onClick={() => setOpenKey(isOpen ? null : span.key)}>
                <span className={classes['label']}>
                  <Text span size="sm" truncate ff={span.kind === 'tool' ? 'monospace' : undefined}>{span.label}</Text>
                  <Text span size="xs" c={span.outcome === 'error' ? 'red' : 'dimmed'} truncate>{describeSpan(span, workers.length > 1)}</Text>
                </span>
                <span className={classes['track']} aria-hidden>
                  {commits.map((at) => <span key={at} className={classes['commit']} style={{ left: place(at) }} />)}
                  {restarts.map((at) => <span key={at} className={classes['restart']} style={{ left: place(at) }} />)}
                  <span className={classes['bar']} data-kind={span.kind} data-outcome={span.outcome} style={{ left: place(span.start), width: place(Math.max(spanEnd - span.start, 0)) }}>
                    {span.firstTokenMs !== null && <span className={classes['first']} style={{ width: `${(span.firstTokenMs / Math.max(spanEnd - span.start, 1)) * 100}%` }} />}
                  </span>
                </span>
                <Text span size="xs" className={classes['took']}>{span.end === null ? 'goes on' : formatDuration(span.end - span.start)}</Text>
              </UnstyledButton>
              {isOpen && <SpanDetails span={span} events={events} />}
            </li>
          )
        })}
      </ol>
      <Text size="xs" c="dimmed" mt="sm">
        <span className={classes['key']} data-mark="commit" /> commit ({commits.length}) {restarts.length > 0 && <><span className={classes['key']} data-mark="restart" /> taken up by another worker, or begun anew</>}
      </Text>
    </div>
  )
}

/** The workers that ran the turn, in their order: more than one, where it was taken over. */
export function listWorkers(spans: readonly Span[]): string[] {
  return [...new Set(spans.flatMap(({ worker_id }) => worker_id ?? []))]
}

function describeSpan({ kind, attempt, firstTokenMs, error, outcome, worker_id }: Span, tellsWorker: boolean): string {
  const words = []
  if (tellsWorker && worker_id !== null) words.push(`worker ${worker_id.slice(-6)}`)
  if (attempt > 1) words.push(`attempt ${attempt}`)
  if (firstTokenMs !== null && kind === 'model') words.push(`first token after ${formatDuration(firstTokenMs)}`)
  if (error !== null) words.push(error)
  else if (outcome === 'error') words.push('failed')
  return words.join(', ')
}
