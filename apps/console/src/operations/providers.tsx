import { Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { client } from '../server/client.ts'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Time } from '../ui/time.tsx'
import { live } from './live.ts'
import { listProviderStates, type ProviderState } from './provider-states.ts'
import { useWorkers } from './use-workers.ts'

/** Whom the models are called at, and whether the workers still call there. */
export function Providers() {
  const workers = useWorkers()
  const providers = useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => client.providers.list.query({ limit: 200 }, { signal }), ...live(10_000) })
  const error = workers.error ?? providers.error
  const states = listProviderStates(providers.data?.data ?? [], workers.data?.data ?? [])
  return (
    <section aria-label="Providers">
      <Title order={2} size="h5" mb="xs">Providers</Title>
      {error && <ErrorNotice error={error} />}
      <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="group" aria-label="Table of providers">
        <Table verticalSpacing={6}>
          <Table.Thead><Table.Tr><Table.Th>Provider</Table.Th><Table.Th>Speaks</Table.Th><Table.Th>State</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {states.map((state) => (
              <Table.Tr key={state.id}>
                <Table.Td><Text size="sm">{state.name}</Text></Table.Td>
                <Table.Td><Text size="sm">{state.speaks ?? '–'}</Text></Table.Td>
                <Table.Td><StateWords state={state} /></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  )
}

function StateWords({ state: { breaker } }: { state: ProviderState }) {
  if (breaker === null) return <Text size="sm" c="teal">called</Text>
  const { isTriedAgain, workers, since } = breaker
  return (
    <Text size="sm" c={isTriedAgain ? 'orange' : 'red'}>
      {isTriedAgain ? 'to be tried again' : 'left alone'} by {workers === 1 ? 'one worker' : `${workers} workers`}, since <Time at={since} />
    </Text>
  )
}
