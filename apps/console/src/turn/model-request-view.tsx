import { Badge, Button, Group, Stack, Tabs, Text } from '@mantine/core'
import type { ModelRequest } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../server/client.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { JsonView } from '../ui/json-view.tsx'
import classes from './turn.module.css'

/** What went to the model in a call: asked for when somebody wants to see it, for it may be long. */
export function ModelRequestView({ turn_id, event_id }: { turn_id: string; event_id: string }) {
  const [isWanted, setIsWanted] = useState(false)
  const request = useQuery({
    queryKey: ['durable', 'workflows', 'request', event_id],
    queryFn: async ({ signal }) => (await client.durable.workflows.request.query({ workflow_id: turn_id, event_id }, { signal })) as ModelRequest, // its free fields are typed as absent or not
    enabled: isWanted,
  })
  if (request.data) return <Shown request={request.data} />
  return (
    <div>
      {request.error && <ErrorNotice error={request.error} />}
      <Button size="compact-xs" variant="light" loading={request.isFetching} onClick={() => (isWanted ? void request.refetch() : setIsWanted(true))}>Show what was sent</Button>
    </div>
  )
}

function Shown({ request: { request, http, is_exact, difference } }: { request: ModelRequest }) {
  const { system, messages, tools, ...settings } = request
  return (
    <section aria-label="What was sent">
      <Group gap="xs" mb={4}>
        <Text size="xs" fw={600}>What was sent</Text>
        <Badge size="xs" variant="dot" color={is_exact ? 'teal' : 'orange'} tt="none">{is_exact ? 'exactly this' : 'not certain'}</Badge>
        <CopyButton text={http?.body ?? JSON.stringify(request, null, 2)} label="Copy what was sent" />
      </Group>
      {difference !== null && <Text size="xs" c="orange" mb={4}>{difference}</Text>}
      <Tabs defaultValue="messages" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="messages">Messages ({messages.length})</Tabs.Tab>
          {system !== null && <Tabs.Tab value="system">Instructions</Tabs.Tab>}
          <Tabs.Tab value="tools">Tools ({tools.length})</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          {http && <Tabs.Tab value="http">HTTP</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="messages" pt="xs"><JsonView value={messages} label="Messages" /></Tabs.Panel>
        <Tabs.Panel value="system" pt="xs"><Text size="sm" className={classes['text']}>{system}</Text></Tabs.Panel>
        <Tabs.Panel value="tools" pt="xs"><JsonView value={tools} label="Tools" /></Tabs.Panel>
        <Tabs.Panel value="settings" pt="xs"><JsonView value={settings} label="Settings" /></Tabs.Panel>
        {http && (
          <Tabs.Panel value="http" pt="xs">
            <Stack gap={4}><Text size="xs" ff="monospace" className={classes['text']}>{http.method} {http.url}</Text><JsonView value={JSON.parse(http.body)} label="HTTP body" /></Stack>
          </Tabs.Panel>
        )}
      </Tabs>
    </section>
  )
}
