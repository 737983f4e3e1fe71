import { Button, Group, Modal, NativeSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { Provider, ProviderType } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'

const presets: Record<ProviderType, { name: string; hint: string }> = {
  openai: { name: 'OpenAI', hint: 'A key of platform.openai.com is all it needs.' },
  anthropic: { name: 'Anthropic', hint: 'A key of console.anthropic.com is all it needs.' },
  openai_compatible: { name: 'Local', hint: 'Ollama, vLLM, llama.cpp, OpenRouter: the address up to and with /v1. One within your network has to be opened by REPRISE_EGRESS_ALLOW=host:port at the server’s start.' },
  sim: { name: 'Simulated', hint: 'Echoes, or follows a script: for tests and demos.' },
}
const types = (['openai', 'anthropic', 'openai_compatible', 'sim'] as const).map((value) => ({ value, label: value.replace('_', ' ') }))

interface ProviderFormProps {
  provider: Provider | null
  onClose: () => void
  onCreated: (provider: Provider) => void
}

/** A key is only ever written: what is stored is not shown, here or anywhere. */
export function ProviderForm({ provider, onClose, onCreated }: ProviderFormProps) {
  const queries = useQueryClient()
  const form = useForm({ initialValues: { name: provider?.name ?? presets.openai.name, provider_type: provider?.provider_type ?? ('openai' as ProviderType), base_url: provider?.base_url ?? '', api_key: '' } })
  const save = useMutation({
    mutationFn: ({ name, provider_type, base_url, api_key }: typeof form.values) => {
      const settings = { name, provider_type, base_url: base_url || null, ...(api_key !== '' && { api_key }) }
      return provider ? client.providers.update.mutate({ provider_id: provider.id, ...settings }) : client.providers.create.mutate(settings)
    },
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: ['providers'] })
      if (provider) onClose()
      else onCreated(saved)
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  const removeKey = useMutation({
    mutationFn: () => client.providers.update.mutate({ provider_id: provider!.id, api_key: null }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['providers'] })
      onClose()
    },
  })
  const { provider_type } = form.values
  return (
    <Modal opened onClose={onClose} title={provider ? `Edit ${provider.name}` : 'New provider'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <NativeSelect
            label="It speaks"
            data={types}
            value={provider_type}
            onChange={({ currentTarget: { value } }) => {
              const type = types.find((one) => one.value === value)?.value ?? 'openai'
              const isUntouched = Object.values(presets).some(({ name }) => name === form.values.name)
              form.setValues({ provider_type: type, ...(isUntouched && { name: presets[type].name }) })
            }}
          />
          <Text size="xs" c="dimmed">{presets[provider_type].hint}</Text>
          <TextInput label="Name" required {...form.getInputProps('name')} />
          {provider_type !== 'sim' && (
            <>
              <TextInput label="Address" description="Empty: the vendor’s own" placeholder="https://…/v1" required={provider_type === 'openai_compatible'} {...form.getInputProps('base_url')} />
              <PasswordInput label={provider?.api_key_set ? 'Replace the key' : 'API key'} description={provider?.api_key_set ? 'One is stored. It is not shown, and stays unless you write another' : 'Stored encrypted, and never shown again'} autoComplete="off" {...form.getInputProps('api_key')} />
            </>
          )}
          {save.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={save.error} />}
          <Group justify="space-between">
            {provider?.api_key_set ? <Button variant="subtle" color="red" size="xs" loading={removeKey.isPending} onClick={() => removeKey.mutate()}>Remove the key</Button> : <span />}
            <Button type="submit" loading={save.isPending}>{provider ? 'Save' : 'Add'}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
