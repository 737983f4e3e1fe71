import { Accordion, Badge, Center, Group, Loader, Stack, Text, TextInput } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../../server/client.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { SectionHead } from '../../ui/section-head.tsx'

/** The tools that the server brings, with what each is given. */
export function CapabilitiesPage() {
  useDocumentTitle('Capabilities · Reprise')
  const [search, setSearch] = useState('')
  const capabilities = useQuery({ queryKey: ['capabilities', 'list'], queryFn: ({ signal }) => client.capabilities.list.query({ limit: 200 }, { signal }) })
  const wanted = search.toLowerCase()
  const found = capabilities.data?.data.filter(({ id, name, description }) => `${id} ${name} ${description}`.toLowerCase().includes(wanted)) ?? []
  return (
    <>
      <SectionHead title="Capabilities">Tools that the server brings. Agents and sessions name them by their ids; an app that embeds the server adds its own.</SectionHead>
      {capabilities.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {capabilities.error && <ErrorNotice error={capabilities.error} />}
      <TextInput mb="sm" maw={320} aria-label="Search capabilities" placeholder="Search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      {capabilities.data && found.length === 0 && <EmptyState title="No capability matches" />}
      <Accordion variant="separated" order={2}>
        {found.map(({ id, name, description, tools, config_schema }) => (
          <Accordion.Item key={id} value={id}>
            <Accordion.Control>
              <Group gap="xs"><Text fw={500} size="sm">{name}</Text>{name !== id && <Text size="xs" c="dimmed" ff="monospace">{id}</Text>}</Group>
              <Text size="sm" c="dimmed">{description}</Text>
            </Accordion.Control>
            <Accordion.Panel>
              <Stack gap="md">
                {tools.map((tool) => (
                  <div key={tool.name}>
                    <Group gap="xs"><Text size="sm" ff="monospace">{tool.name}</Text><Badge size="xs" variant="default" tt="none">{tool.effects.replaceAll('_', ' ')}</Badge></Group>
                    <Text size="sm" mb={4}>{tool.description}</Text>
                    <JsonView value={tool.parameters} label={`Parameters of ${tool.name}`} maxHeight={220} />
                  </div>
                ))}
                {config_schema && <div><Text size="sm" mb={4}>Its config</Text><JsonView value={config_schema} label={`Config of ${id}`} maxHeight={220} /></div>}
              </Stack>
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </>
  )
}
