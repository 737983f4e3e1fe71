import { Button, Checkbox, Group, Modal, NumberInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { Model, Provider } from '@reprise/contract'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'

interface ModelFormProps {
  provider: Provider
  model: Model | null
  onClose: () => void
}

type Values = ReturnType<typeof toValues>

export function ModelForm({ provider, model, onClose }: ModelFormProps) {
  const queries = useQueryClient()
  const form = useForm({ initialValues: toValues(model) })
  const save = useMutation({
    mutationFn: (values: Values) => (model ? client.models.update.mutate({ model_id: model.id, ...toSettings(values, model) }) : client.models.create.mutate({ provider_id: provider.id, model: values.model, ...toSettings(values, model) })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['models'] })
      onClose()
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  return (
    <Modal opened onClose={onClose} title={model ? `Edit ${model.display_name}` : `New model of ${provider.name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          <TextInput label="Model" description="As the provider calls it" required disabled={model !== null} {...form.getInputProps('model')} />
          <TextInput label="Name" description="For people. Empty: as the provider calls it" {...form.getInputProps('display_name')} />
          <Group grow align="flex-start">
            <NumberInput label="Context window" description="Tokens, prompt and answer" min={1} thousandSeparator {...form.getInputProps('context_window')} />
            <NumberInput label="Longest answer" description="Tokens. Empty: as it likes" min={1} thousandSeparator {...form.getInputProps('max_output_tokens')} />
          </Group>
          <Group grow align="flex-start">
            <NumberInput label="Input price" description="USD per million tokens" min={0} decimalScale={6} {...form.getInputProps('input_price')} error={form.errors['prices.input']} />
            <NumberInput label="Output price" description="USD per million tokens" min={0} decimalScale={6} {...form.getInputProps('output_price')} error={form.errors['prices.output']} />
          </Group>
          <Group>
            <Checkbox label="Takes images" {...form.getInputProps('supports_images', { type: 'checkbox' })} />
            <Checkbox label="Uses tools" {...form.getInputProps('supports_tools', { type: 'checkbox' })} />
            <Checkbox label="Enabled" {...form.getInputProps('enabled', { type: 'checkbox' })} />
          </Group>
          {save.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={save.error} />}
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>{model ? 'Save' : 'Add'}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

function toValues(model: Model | null) {
  return {
    model: model?.model ?? '',
    display_name: model?.display_name ?? '',
    context_window: model?.context_window ?? 128_000,
    max_output_tokens: model?.max_output_tokens ?? ('' as number | ''),
    input_price: model?.prices?.input ?? ('' as number | ''),
    output_price: model?.prices?.output ?? ('' as number | ''),
    supports_images: model?.supports_images ?? false,
    supports_tools: model?.supports_tools ?? true,
    enabled: model?.enabled ?? true,
  }
}

function toSettings({ model, display_name, context_window, max_output_tokens, input_price, output_price, supports_images, supports_tools, enabled }: Values, before: Model | null) {
  const hasPrices = input_price !== '' || output_price !== ''
  return {
    display_name: display_name || model,
    context_window,
    max_output_tokens: max_output_tokens === '' ? null : max_output_tokens,
    prices: hasPrices ? { ...before?.prices, input: input_price === '' ? null : input_price, output: output_price === '' ? null : output_price } : null,
    supports_images,
    supports_tools,
    enabled,
  }
}
