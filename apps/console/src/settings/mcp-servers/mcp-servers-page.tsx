import { Anchor, Code, Stack, Table, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'

const fileExample = `{
  "mcpServers": {
    "files": { "command": "mcp-files", "args": ["/srv/docs"] },
    "search": { "url": "https://search.example.com/mcp" }
  }
}`

/** The MCP servers that agents use, and how there come to be more. */
export function McpServersPage() {
  useDocumentTitle('MCP servers · Reprise')
  const agents = useQuery({ queryKey: ['agents', 'list', 'all'], queryFn: ({ signal }) => client.agents.list.query({ limit: 200 }, { signal }) })
  const used = agents.data?.data.flatMap((agent) => Object.entries(agent.mcpServers).map(([name, { ref, url }]) => ({ agent, name, where: ref === undefined ? (url ?? '') : `the operator’s “${ref}”` }))) ?? []
  return (
    <>
      <SectionHead title="MCP servers">Tools of other servers. An agent names them by their address, or by the name that the operator gave them.</SectionHead>
      {agents.error && <ErrorNotice error={agents.error} />}
      <Stack gap="md">
        {used.length > 0 ? (
          <Table.ScrollContainer minWidth={420} type="native" tabIndex={0} role="group" aria-label="Table of MCP servers">
            <Table verticalSpacing={6}>
              <Table.Thead><Table.Tr><Table.Th>Server</Table.Th><Table.Th>Where</Table.Th><Table.Th>Agent</Table.Th></Table.Tr></Table.Thead>
              <Table.Tbody>{used.map(({ agent, name, where }) => <Table.Tr key={`${agent.id} ${name}`}><Table.Td><Text size="sm" ff="monospace">{name}</Text></Table.Td><Table.Td><Text size="sm">{where}</Text></Table.Td><Table.Td><Anchor component={Link} size="sm" href={`/settings/agents/${agent.id}`}>{agent.display_name || agent.name}</Anchor></Table.Td></Table.Tr>)}</Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        ) : (
          <Text size="sm" c="dimmed">No agent uses one yet. An agent’s settings have a place for them.</Text>
        )}
        <Text size="sm">Only the operator lets programs of the server’s own machine be used, in a JSON file that <Code>REPRISE_MCP_SERVERS</Code> names at the start:</Text>
        <Code block tabIndex={0}>{fileExample}</Code>
      </Stack>
    </>
  )
}
