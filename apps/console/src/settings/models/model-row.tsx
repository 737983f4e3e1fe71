import { Badge, Button, Group, Text } from '@mantine/core'
import type { Model } from '@reprise/contract'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { confirm } from '../../ui/confirm.tsx'
import { useChange } from '../../ui/use-change.ts'
import classes from './models.module.css'
import { TryModel } from './try-model.tsx'

export function ModelRow({ model, onEdit }: { model: Model; onEdit: () => void }) {
  const isAdmin = useCaller().scopes.includes('admin')
  const update = useChange(['models'], (changes: { is_default: true }) => client.models.update.mutate({ model_id: model.id, ...changes }))
  const remove = useChange(['models'], () => client.models.delete.mutate({ model_id: model.id }))
  const { display_name, model: name, context_window, supports_images, supports_tools, is_default, enabled, prices } = model
  const abilities = [`${(context_window / 1_000).toLocaleString('en')}k tokens`, supports_tools ? 'tools' : 'no tools', supports_images ? 'images' : 'no images', prices ? `$${prices.input ?? '?'} in, $${prices.output ?? '?'} out per million` : 'no prices']
  return (
    <div className={classes['model']}>
      <Group justify="space-between" gap="xs">
        <div>
          <Group gap="xs">
            <Text size="sm" fw={500}>{display_name}</Text>
            {display_name !== name && <Text size="xs" c="dimmed" ff="monospace">{name}</Text>}
            {is_default && <Badge size="xs" variant="dot" tt="none">default</Badge>}
            {!enabled && <Badge size="xs" variant="dot" color="gray" tt="none">disabled</Badge>}
          </Group>
          <Text size="xs" c="dimmed">{abilities.join(', ')}</Text>
        </div>
        {isAdmin && (
          <Group gap={6}>
            {!is_default && enabled && <Button size="compact-xs" variant="subtle" loading={update.isPending} onClick={() => update.mutate({ is_default: true })}>Make default</Button>}
            <Button size="compact-xs" variant="subtle" onClick={onEdit} aria-label={`Edit ${display_name}`}>Edit</Button>
            {!is_default && <Button size="compact-xs" variant="subtle" color="red" aria-label={`Delete ${display_name}`} onClick={() => confirm({ title: `Delete ${display_name}?`, words: 'What it answered stays. Sessions and agents that name it are refused.', action: 'Delete', onConfirm: () => remove.mutate(undefined) })}>Delete</Button>}
          </Group>
        )}
      </Group>
      {isAdmin && <TryModel model={model} />}
    </div>
  )
}
