import { Badge, Button, Card, Center, Group, Loader, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { Model, Provider } from '@reprise/contract'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { confirm } from '../../ui/confirm.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { SectionHead } from '../../ui/section-head.tsx'
import { useChange } from '../../ui/use-change.ts'
import { ModelRow } from './model-row.tsx'
import { ModelForm } from './model-form.tsx'
import { ProviderForm } from './provider-form.tsx'

type Editing = { kind: 'provider'; provider: Provider | null } | { kind: 'model'; provider: Provider; model: Model | null }

/** Who answers: the providers with their keys, and the models of each. */
export function ModelsPage() {
  useDocumentTitle('Models · Reprise')
  const [editing, setEditing] = useState<Editing | null>(null)
  const isAdmin = useCaller().scopes.includes('admin')
  const providers = useQuery({ queryKey: ['providers', 'list'], queryFn: ({ signal }) => client.providers.list.query({ limit: 200 }, { signal }) })
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: ({ signal }) => client.models.list.query(undefined, { signal }) })
  if (providers.isPending || models.isPending) return <Center mih={200}><Loader aria-label="Loading" /></Center>
  if (!providers.data || !models.data) return <ErrorNotice error={providers.error ?? models.error} />
  const close = () => setEditing(null)
  return (
    <>
      <SectionHead title="Models" action={isAdmin && <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => setEditing({ kind: 'provider', provider: null })}>Provider</Button>}>
        A provider is a vendor’s server, or one that speaks like it. Its models answer. {!isAdmin && 'To change them, a key needs the scope admin.'}
      </SectionHead>
      {providers.data.data.length === 0 && <EmptyState title="No provider yet">Add OpenAI or Anthropic with a key, or any server that speaks Chat Completions by its address.</EmptyState>}
      <Stack>
        {providers.data.data.map((provider) => (
          <ProviderCard
            key={provider.id}
            provider={provider}
            models={models.data.filter(({ provider_id }) => provider_id === provider.id)}
            onEdit={() => setEditing({ kind: 'provider', provider })}
            onModel={(model) => setEditing({ kind: 'model', provider, model })}
          />
        ))}
      </Stack>
      {editing?.kind === 'provider' && <ProviderForm provider={editing.provider} onClose={close} onCreated={(provider) => setEditing({ kind: 'model', provider, model: null })} />}
      {editing?.kind === 'model' && <ModelForm provider={editing.provider} model={editing.model} onClose={close} />}
    </>
  )
}

interface ProviderCardProps {
  provider: Provider
  models: readonly Model[]
  onEdit: () => void
  onModel: (model: Model | null) => void
}

function ProviderCard({ provider, models, onEdit, onModel }: ProviderCardProps) {
  const isAdmin = useCaller().scopes.includes('admin')
  const remove = useChange(['providers'], () => client.providers.delete.mutate({ provider_id: provider.id }))
  const { name, provider_type, base_url, api_key_set, is_builtin } = provider
  return (
    <Card withBorder padding="sm" component="section" aria-label={name}>
      <Group justify="space-between" mb={models.length > 0 ? 'xs' : 0}>
        <div>
          <Group gap="xs">
            <Title order={2} size="h6">{name}</Title>
            {is_builtin && <Badge size="xs" variant="default" tt="none">built in</Badge>}
            {provider_type !== 'sim' && <Badge size="xs" variant="dot" color={api_key_set ? 'teal' : 'orange'} tt="none">{api_key_set ? 'key set' : 'no key'}</Badge>}
          </Group>
          <Text size="xs" c="dimmed">{provider_type}{base_url === null ? '' : ` at ${base_url}`}</Text>
        </div>
        {isAdmin && (
          <Group gap={6}>
            <Button size="compact-xs" variant="default" onClick={() => onModel(null)}>Add model</Button>
            <Button size="compact-xs" variant="default" onClick={onEdit} aria-label={`Edit ${name}`}>Edit</Button>
            {models.length === 0 && <Button size="compact-xs" variant="default" c="red" onClick={() => confirm({ title: `Delete ${name}?`, words: 'Its key goes with it.', action: 'Delete', onConfirm: () => remove.mutate(undefined) })}>Delete</Button>}
          </Group>
        )}
      </Group>
      {models.map((model) => <ModelRow key={model.id} model={model} onEdit={() => onModel(model)} />)}
    </Card>
  )
}
