import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { Webhook } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'

const eventTypes: readonly { value: Webhook['events'][number]; label: string }[] = [
  { value: 'turn.completed', label: 'A turn was completed' },
  { value: 'turn.failed', label: 'A turn failed' },
  { value: 'tool.call_requested', label: 'A turn waits for a tool of its caller' },
  { value: 'tool.approval_requested', label: 'A turn waits for an approval' },
]

interface WebhookFormProps {
  webhook: Webhook | null
  onClose: () => void
  onSecret: (secret: string) => void
}

export function WebhookForm({ webhook, onClose, onSecret }: WebhookFormProps) {
  const queries = useQueryClient()
  const form = useForm({ initialValues: { url: webhook?.url ?? '', description: webhook?.description ?? '', events: (webhook?.events ?? ['turn.completed', 'turn.failed']) as string[], enabled: webhook?.enabled ?? true } })
  const save = useMutation({
    mutationFn: async ({ url, description, events, enabled }: typeof form.values) => {
      const settings = { url, description: description || null, enabled, events: eventTypes.flatMap(({ value }) => (events.includes(value) ? value : [])) }
      if (webhook) await client.webhooks.update.mutate({ webhook_id: webhook.id, ...settings })
      else onSecret((await client.webhooks.create.mutate(settings)).secret)
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['webhooks'] })
      onClose()
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  return (
    <Modal opened onClose={onClose} title={webhook ? 'Edit webhook' : 'New webhook'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <TextInput label="Address" description="Each event is posted here" required placeholder="https://…" data-autofocus {...form.getInputProps('url')} />
          <TextInput label="Description" {...form.getInputProps('description')} />
          <Checkbox.Group label="Told when" {...form.getInputProps('events')}>
            <Stack gap={6} mt={6}>{eventTypes.map(({ value, label }) => <Checkbox key={value} value={value} label={label} />)}</Stack>
          </Checkbox.Group>
          <Checkbox label="On" {...form.getInputProps('enabled', { type: 'checkbox' })} />
          {save.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={save.error} />}
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>{webhook ? 'Save' : 'Add'}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
