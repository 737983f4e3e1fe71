import { Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { lazy, Suspense } from 'react'
import { useCaller } from '../app/caller.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { HealthSummary } from './health-summary.tsx'
import classes from './operations.module.css'
import { Providers } from './providers.tsx'
import { Workers } from './workers.tsx'
import { Workflows } from './workflows.tsx'

/** Charts are heavy, and what is said in words does not wait for them. */
const Throughput = lazy(async () => ({ default: (await import('./throughput.tsx')).Throughput }))

/** How the server does: in a sentence, in figures, over time, and what failed. */
export function OperationsPage() {
  useDocumentTitle('Operations · Reprise')
  const { is_operator, scopes } = useCaller()
  const isOperator = is_operator && scopes.includes('admin')
  return (
    <div className={classes['page']}>
      <Stack gap="xl" className={classes['column']}>
        <Title order={1} size="h4">Operations</Title>
        {isOperator ? <HealthSummary /> : <Text size="sm" c="dimmed">These are the turns of your organization. Workers and the server as a whole are seen with the operator’s admin key.</Text>}
        <Suspense fallback={<div className={classes['chartsPlace']} />}><Throughput /></Suspense>
        {isOperator && <Workers />}
        {isOperator && <Providers />}
        <DeadLetters />
        <Workflows />
      </Stack>
    </div>
  )
}
