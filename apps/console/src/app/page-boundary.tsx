import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { Component, type ReactNode } from 'react'

interface PageBoundaryProps {
  children: ReactNode
}

/** Keeps the frame when a page breaks: something of ours is wrong, or its code is of a build that was replaced meanwhile. */
export class PageBoundary extends Component<PageBoundaryProps, { error: unknown }> {
  override state = { error: null as unknown }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    return (
      <Center flex={1} p="xl" role="alert">
        <Stack align="center" maw={480} ta="center">
          <Title order={1} size="h4">This page could not be shown</Title>
          <Text size="sm" c="dimmed">Nothing on the server is touched by that. If the server was updated a moment ago, loading the page again is all it needs.</Text>
          <Text size="xs" ff="monospace">{error instanceof Error ? error.message : String(error)}</Text>
          <Button onClick={() => window.location.reload()}>Load again</Button>
        </Stack>
      </Center>
    )
  }
}
