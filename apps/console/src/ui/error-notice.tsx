import { Alert, Button, List, Stack, Text } from '@mantine/core'
import { readError } from '@reprise/client'
import { IconAlertTriangle } from '@tabler/icons-react'

/** What the server refused, in its words, with the fields at fault; or that it could not be reached. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const refusal = readError(error)
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />} title={describeError(error)}>
      <Stack gap="xs" align="flex-start">
        {refusal?.errors && refusal.errors.length > 0 && (
          <List size="sm">{refusal.errors.map(({ path, message }) => <List.Item key={`${path} ${message}`}><Text span ff="monospace" size="sm">{path}</Text> {message}</List.Item>)}</List>
        )}
        {onRetry && <Button size="xs" variant="light" color="red" onClick={onRetry}>Try again</Button>}
      </Stack>
    </Alert>
  )
}

/** One sentence for people. */
export function describeError(error: unknown): string {
  const refusal = readError(error)
  if (refusal) return refusal.message
  return error instanceof Error && error.name !== 'TRPCClientError' && !(error instanceof TypeError) ? error.message : 'The server cannot be reached'
}
