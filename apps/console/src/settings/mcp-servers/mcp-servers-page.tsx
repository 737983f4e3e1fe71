import { Anchor, Badge, Center, Code, Group, Loader, Stack, Table, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Agent, McpServerRef } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { formatDuration } from '../../ui/format-duration.ts'
import { SectionHead } from '../../ui/section-head.tsx'

const fileExample = `{
  "mcpServers": {
    "files": { "command": "mcp-files", "args": ["/srv/docs"] },
    "search": { "url": "https://search.example.com/mcp" }
  }
}`

/** The operator's MCP servers, those that agents use, and how there come to be more. */
export function McpServersPage() {
  useDocumentTitle('MCP servers · Reprise')
  const offered = useQuery({ queryKey: ['mcp-servers', 'list'], queryFn: ({ signal }) => client.mcpServers.list.query({ limit: 200 }, { signal }) })
  const agents = useQuery({ queryKey: ['agents', 'list', 'all'], queryFn: ({ signal }) => client.agents.list.query({ limit: 200 }, { signal }) })
  return (
    <>
      <SectionHead title="MCP servers">Tools of other servers. An agent names them by their address, or by the name that the operator gave them.</SectionHead>
      {(offered.isPending || agents.isPending) && <Center><Loader aria-label="Loading" /></Center>}
      {offered.error && <ErrorNotice error={offered.error} />}
      {agents.error && <ErrorNotice error={agents.error} />}
      <Stack gap="lg">
        {agents.data && <OfAgents agents={agents.data.data as Agent[]} />}
        {offered.data && <OfOperator servers={offered.data.data} />}
      </Stack>
    </>
  )
}

function OfAgents({ agents }: { agents: readonly Agent[] }) {
  const used = agents.flatMap((agent) => Object.entries(agent.mcpServers).map(([name, { ref, url }]) => ({ agent, name, where: ref === undefined ? (url ?? '') : `the operator’s “${ref}”` })))
  return (
    <section aria-label="Used by agents">
      <Title order={2} size="h5" mb="xs">Used by agents</Title>
      {used.length === 0 ? (
        <Text size="sm" c="dimmed">No agent uses one yet. An agent’s settings have a place for them.</Text>
      ) : (
        <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="group" aria-label="Table of MCP servers">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Server</Table.Th><Table.Th>Where</Table.Th><Table.Th>Agent</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{used.map(({ agent, name, where }) => <Table.Tr key={`${agent.id} ${name}`}><Table.Td><Text size="sm" ff="monospace">{name}</Text></Table.Td><Table.Td><Text size="sm">{where}</Text></Table.Td><Table.Td><Anchor component={Link} size="sm" href={`/settings/agents/${agent.id}`}>{agent.display_name || agent.name}</Anchor></Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  )
}

/** Programs among them are the operator's alone, so the page says where they come from. */
function OfOperator({ servers }: { servers: readonly McpServerRef[] }) {
  return (
    <section aria-label="The operator’s">
      <Title order={2} size="h5" mb="xs">The operator’s</Title>
      {servers.length > 0 && (
        <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="group" aria-label="Table of the operator’s MCP servers">
          <Table verticalSpacing={6}>
            <Table.Thead><Table.Tr><Table.Th>Ref</Table.Th><Table.Th>Where</Table.Th><Table.Th>A call takes at most</Table.Th><Table.Th>Tools</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {servers.map(({ ref, description, host, timeout_ms, requires_approval, tools }) => (
                <Table.Tr key={ref}>
                  <Table.Td><Text size="sm" ff="monospace">{ref}</Text>{description !== null && <Text size="xs" c="dimmed">{description}</Text>}</Table.Td>
                  <Table.Td><Text size="sm">{host ?? 'a program of the server’s machine'}</Text></Table.Td>
                  <Table.Td><Text size="sm">{formatDuration(timeout_ms)}</Text></Table.Td>
                  <Table.Td><Group gap={6}><Text size="sm">{tools === null ? 'all' : tools.join(', ')}</Text>{requires_approval && <Badge size="xs" variant="default" tt="none">each asks for approval</Badge>}</Group></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Text size="sm" mb="xs">{servers.length === 0 ? 'None. ' : ''}Programs of the server’s own machine are the operator’s alone to offer, in a JSON file that <Code>REPRISE_MCP_SERVERS</Code> names at the start:</Text>
      <Code block tabIndex={0}>{fileExample}</Code>
    </section>
  )
}
