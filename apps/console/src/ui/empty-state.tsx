import { Center, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** What stands where nothing is yet: what belongs here, and the next step. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Center p="xl" mih={200}>
      <Stack align="center" gap="xs" maw={480} ta="center">
        <Title order={2} size="h4">{title}</Title>
        {children !== undefined && <Text c="dimmed" size="sm" component="div">{children}</Text>}
        {action}
      </Stack>
    </Center>
  )
}
