import { Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** The head of a section of the settings: what it is, what for, and what can be added. */
export function SectionHead({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Group justify="space-between" align="flex-start" mb="md" wrap="nowrap">
      <div>
        <Title order={1} size="h4">{title}</Title>
        <Text size="sm" c="dimmed" maw={640}>{children}</Text>
      </div>
      {action && <div style={{ flexShrink: 0 }}>{action}</div>}
    </Group>
  )
}
