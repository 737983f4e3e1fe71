import { Button, Group, Text } from '@mantine/core'
import type { Model, ModelTry } from '@reprise/contract'
import { useMutation } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { describeError } from '../../ui/error-notice.tsx'
import { formatDuration } from '../../ui/format-duration.ts'

/** What one may do about it, where the kind of a refusal says. */
const advice: Record<string, string> = {
  unavailable: 'Is its key set, and does the address lead to it?',
  rate_limited: 'The provider asks for patience, or the account has no credit.',
  timeout: 'Is the server up, and the model loaded?',
}

/** Asks the model once and says what came of it. */
export function TryModel({ model }: { model: Model }) {
  const attempt = useMutation({ mutationFn: () => client.models.try.mutate({ model_id: model.id }) })
  return (
    <Group gap="xs" mt={4} align="flex-start" wrap="nowrap">
      <Button size="compact-xs" variant="light" loading={attempt.isPending} onClick={() => attempt.mutate()} aria-label={`Try it: ${model.display_name}`}>Try it</Button>
      <div role="status">
        {attempt.error && <Text size="xs" c="red">{describeError(attempt.error)}</Text>}
        {attempt.data && <Outcome attempt={attempt.data} />}
      </div>
    </Group>
  )
}

function Outcome({ attempt: { ok, text, error, duration_ms, time_to_first_token_ms, usage } }: { attempt: ModelTry }) {
  if (!ok) return <Text size="xs" c="red">{error?.message} {advice[error?.kind ?? '']}</Text>
  const figures = [time_to_first_token_ms === null ? null : `first token after ${formatDuration(time_to_first_token_ms)}`, `${formatDuration(duration_ms)} in all`, usage && `${usage.output_tokens} tokens`]
  return (
    <>
      <Text size="sm">{text}</Text>
      <Text size="xs" c="dimmed">{figures.filter(Boolean).join(', ')}</Text>
    </>
  )
}
