import { Alert, Button, Code, Group, Modal, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { KeyScope } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { logIn, loginKey } from '../../server/login.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'

const scopes: readonly { value: KeyScope; label: string }[] = [
  { value: 'read', label: 'read: everything there is' },
  { value: 'write', label: 'write: messages, sessions and agents too' },
  { value: 'admin', label: 'admin: keys, providers and settings too' },
]

/** Makes a key, and shows it this once. The first one closes the server, so this browser is logged in with it. */
export function NewKey({ isFirst, onClose }: { isFirst: boolean; onClose: () => void }) {
  const queries = useQueryClient()
  const form = useForm({ initialValues: { name: '', scope: (isFirst ? 'admin' : 'write') as KeyScope, expires_at: '', requests_per_minute: '' as number | '' } })
  const create = useMutation({
    mutationFn: async ({ name, scope, expires_at, requests_per_minute }: typeof form.values) => {
      const key = await client.keys.create.mutate({ name, scopes: [scope], expires_at: expires_at === '' ? null : new Date(expires_at).toISOString(), requests_per_minute: requests_per_minute === '' ? null : requests_per_minute })
      if (isFirst) queries.setQueryData(loginKey, await logIn(key.secret))
      return key
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  if (create.data) {
    return (
      <Modal opened onClose={onClose} title="The key" closeOnClickOutside={false} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack gap="sm">
          <Alert color="orange">It is shown now, and never again: what is stored is a hash of it.</Alert>
          <Group gap="xs" wrap="nowrap"><Code block flex={1} style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>{create.data.secret}</Code><CopyButton text={create.data.secret} label="Copy key" /></Group>
          <Group justify="flex-end"><Button onClick={onClose}>I have it</Button></Group>
        </Stack>
      </Modal>
    )
  }
  return (
    <Modal opened onClose={onClose} title="New key" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack gap="sm">
          {isFirst && <Alert color="orange" title="The first key closes the server">From then on everybody needs one, this page too: it is logged in with the new key. Let it be an admin’s, or nobody can make another here.</Alert>}
          <TextInput label="Name" description="What it is for" required data-autofocus {...form.getInputProps('name')} />
          <NativeSelect label="It may" data={scopes.slice()} {...form.getInputProps('scope')} error={form.errors['scopes']} />
          <TextInput type="datetime-local" label="Ends" description="Empty: never" {...form.getInputProps('expires_at')} />
          <NumberInput label="Requests a minute" description="Empty: no limit of its own" min={1} {...form.getInputProps('requests_per_minute')} />
          {create.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={create.error} />}
          <Group justify="flex-end"><Button type="submit" loading={create.isPending}>Make the key</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}
