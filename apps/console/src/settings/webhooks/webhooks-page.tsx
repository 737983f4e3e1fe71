import { Alert, Badge, Button, Card, Center, Code, Group, Loader, Modal, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Webhook } from '@reprise/contract'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { confirm } from '../../ui/confirm.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { describeError, ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'
import { useChange } from '../../ui/use-change.ts'
import { Deliveries } from './deliveries.tsx'
import { WebhookForm } from './webhook-form.tsx'

/** Where other systems are told of turns. */
export function WebhooksPage() {
  useDocumentTitle('Webhooks · Reprise')
  const [editing, setEditing] = useState<{ webhook: Webhook | null } | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const isAdmin = useCaller().scopes.includes('admin')
  const webhooks = useQuery({ queryKey: ['webhooks', 'list'], queryFn: ({ signal }) => client.webhooks.list.query({ limit: 200 }, { signal }), enabled: isAdmin })
  return (
    <>
      <SectionHead title="Webhooks" action={isAdmin && <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing({ webhook: null })}>Webhook</Button>}>
        Your systems are told when a turn ends or waits for somebody: by a signed POST, tried again until it is taken. {!isAdmin && 'To see them, a key needs the scope admin.'}
      </SectionHead>
      {isAdmin && webhooks.isPending && <Center><Loader aria-label="Loading" /></Center>}
      {webhooks.error && <ErrorNotice error={webhooks.error} />}
      {webhooks.data?.total === 0 && <EmptyState title="No webhook yet">Add one with the address of yours that is to be told.</EmptyState>}
      <Stack>{webhooks.data?.data.map((webhook) => <WebhookCard key={webhook.id} webhook={webhook} onEdit={() => setEditing({ webhook })} onSecret={setSecret} />)}</Stack>
      {editing && <WebhookForm webhook={editing.webhook} onClose={() => setEditing(null)} onSecret={setSecret} />}
      {secret !== null && (
        <Modal opened onClose={() => setSecret(null)} title="The signing secret" closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close' }}>
          <Alert color="orange" mb="sm">It is shown now, and never again. Your system checks each delivery with it, as Standard Webhooks says.</Alert>
          <Group gap="xs" wrap="nowrap"><Code block flex={1} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{secret}</Code><CopyButton text={secret} label="Copy secret" /></Group>
        </Modal>
      )}
    </>
  )
}

function WebhookCard({ webhook, onEdit, onSecret }: { webhook: Webhook; onEdit: () => void; onSecret: (secret: string) => void }) {
  const [isLogOpen, setIsLogOpen] = useState(false)
  const address = { webhook_id: webhook.id }
  const remove = useChange(['webhooks'], () => client.webhooks.delete.mutate(address))
  const rotate = useChange(['webhooks'], () => client.webhooks.rotateSecret.mutate(address), ({ secret }) => onSecret(secret))
  const test = useMutation({ mutationFn: () => client.webhooks.test.mutate(address) })
  const { url, events, enabled, description, disabled_reason, failing_since } = webhook
  return (
    <Card withBorder padding="sm" component="section" aria-label={url}>
      <Group justify="space-between" gap="xs">
        <div>
          <Title order={2} size="h6" style={{ overflowWrap: 'anywhere' }}>{url}</Title>
          {description && <Text size="sm">{description}</Text>}
          <Group gap="xs">
            <Badge size="xs" variant="dot" color={!enabled ? 'gray' : failing_since ? 'orange' : 'teal'} tt="none">{!enabled ? 'off' : failing_since ? 'failing' : 'on'}</Badge>
            <Text size="xs" c="dimmed">{events.join(', ')}</Text>
          </Group>
          {disabled_reason && <Text size="xs" c="red">{disabled_reason}</Text>}
        </div>
        <Group gap={6}>
          <Button size="compact-xs" variant="light" loading={test.isPending} onClick={() => test.mutate()}>Test</Button>
          <Button size="compact-xs" variant="default" aria-expanded={isLogOpen} onClick={() => setIsLogOpen(!isLogOpen)}>Deliveries</Button>
          <Button size="compact-xs" variant="default" onClick={onEdit}>Edit</Button>
          <Button size="compact-xs" variant="default" onClick={() => confirm({ title: 'Make a new secret?', words: 'Deliveries are signed with the old one as well for a day.', action: 'Make it', onConfirm: () => rotate.mutate(undefined) })}>New secret</Button>
          <Button size="compact-xs" variant="default" c="red" onClick={() => confirm({ title: 'Delete the webhook?', words: 'Its delivery log goes with it.', action: 'Delete', onConfirm: () => remove.mutate(undefined) })}>Delete</Button>
        </Group>
      </Group>
      <div role="status">
        {test.error && <Text size="sm" c="red" mt="xs">{describeError(test.error)}</Text>}
        {test.data && <Text size="sm" c={test.data.delivered ? 'teal' : 'red'} mt="xs">{test.data.delivered ? `Delivered: it answered ${test.data.response_status} within ${test.data.duration_ms} ms` : `Not delivered: ${test.data.error ?? `it answered ${test.data.response_status}`}`}</Text>}
      </div>
      {isLogOpen && <Deliveries webhook_id={webhook.id} />}
    </Card>
  )
}
