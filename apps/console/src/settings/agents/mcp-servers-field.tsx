import { Button, Group, Text, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ChangeEvent, ReactNode } from 'react'
import { client } from '../../server/client.ts'
import { monospaceInput } from '../../ui/monospace-input.ts'
import { addRef } from './agent-values.ts'

interface McpServersFieldProps {
  /** JSON, as it is typed. */
  value: string
  error?: ReactNode
  onChange: (value: string | ChangeEvent<HTMLTextAreaElement>) => void
}

/** The agent's MCP servers as JSON, with those of the operator at hand. */
export function McpServersField(field: McpServersFieldProps) {
  const offered = useQuery({ queryKey: ['mcp-servers', 'list'], queryFn: ({ signal }) => client.mcpServers.list.query({ limit: 200 }, { signal }) })
  return (
    <div>
      <Textarea label="MCP servers" description={'JSON by name: {"docs": {"url": "https://…"}}, or {"ref": "…"} for one of the operator’s. Headers are not shown; those of a server whose url stays are kept'} autosize minRows={2} maxRows={20} styles={monospaceInput} {...field} />
      {offered.data && offered.data.total > 0 && (
        <Group gap={6} mt={6}>
          <Text size="xs" c="dimmed">The operator’s:</Text>
          {offered.data.data.map(({ ref, description }) => {
            const added = addRef(field.value, ref)
            return <Button key={ref} size="compact-xs" variant="default" disabled={added === null} title={description ?? undefined} aria-label={`Add ${ref}`} onClick={() => added !== null && field.onChange(added)}>{ref}</Button>
          })}
        </Group>
      )}
    </div>
  )
}
