import { Button, Checkbox, Group, NativeSelect, NumberInput, Stack, TagsInput, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import type { Agent } from '@reprise/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { useCaller } from '../../app/caller.tsx'
import { busyPolicies } from '../../chat/composer/composer-options.ts'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'
import { monospaceInput } from '../../ui/monospace-input.ts'
import { AgentActions } from './agent-actions.tsx'
import { AgentStats } from './agent-stats.tsx'
import { toRequest, toValues } from './agent-values.ts'
import { McpServersField } from './mcp-servers-field.tsx'
import { useUnsavedWarning } from './use-unsaved-warning.ts'

/** All that an agent is. Fields that the server refuses say why, where they stand. */
export function AgentForm({ agent }: { agent: Agent | null }) {
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const mayWrite = useCaller().scopes.includes('write')
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: ({ signal }) => client.models.list.query(undefined, { signal }) })
  const capabilities = useQuery({ queryKey: ['capabilities', 'list'], queryFn: ({ signal }) => client.capabilities.list.query({ limit: 200 }, { signal }) })
  const form = useForm({ initialValues: toValues(agent), validate: (values) => toRequest(values, agent).problems })
  const save = useMutation({
    mutationFn: async (values: typeof form.values): Promise<{ id: string }> => {
      const { request } = toRequest(values, agent)
      return agent ? await client.agents.update.mutate({ agent_id: agent.id, ...request }) : await client.agents.create.mutate(request)
    },
    onSuccess: ({ id }) => {
      form.resetDirty()
      void queries.invalidateQueries({ queryKey: ['agents'] })
      notifications.show({ color: 'teal', message: 'Saved' })
      if (!agent) navigate(`/settings/agents/${id}`)
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  useUnsavedWarning(form.isDirty() && !save.isPending)
  const shown = new Set(Object.keys(form.values))
  const isToldInFields = Object.keys(readFieldErrors(save.error)).some((path) => shown.has(path))
  return (
    <>
      <Group justify="space-between" my="sm">
        <Title order={1} size="h4">{agent ? agent.display_name || agent.name : 'New agent'}</Title>
        {agent && <AgentActions agent={agent} mayWrite={mayWrite} />}
      </Group>
      {agent && <AgentStats agent_id={agent.id} />}
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <fieldset disabled={!mayWrite} style={{ border: 'none', margin: 0, padding: 0 }}>
          <Stack gap="sm" maw={760}>
            <Group grow align="flex-start">
              <TextInput label="Name" description="Small letters, digits and hyphens: callers use it" required {...form.getInputProps('name')} />
              <TextInput label="Shown as" description="For people" {...form.getInputProps('display_name')} />
            </Group>
            <TextInput label="Description" {...form.getInputProps('description')} />
            <Textarea label="System prompt" required autosize minRows={6} maxRows={24} {...form.getInputProps('system_prompt')} />
            <Group grow align="flex-start">
              <NativeSelect label="Model" data={[{ value: '', label: 'The organization’s default' }, ...(models.data ?? []).map(({ id, display_name }) => ({ value: id, label: display_name }))]} {...form.getInputProps('default_model_id')} />
              <NativeSelect label="A message while a turn runs" data={[{ value: '', label: 'Waits, unless it says otherwise' }, ...busyPolicies.map(({ value, label }) => ({ value, label }))]} {...form.getInputProps('when_busy')} />
            </Group>
            <Checkbox.Group label="Capabilities" description="Tools that the server brings" {...form.getInputProps('capabilities')}>
              <Stack gap={6} mt={6}>{capabilities.data?.data.map(({ id, name, description }) => <Checkbox key={id} value={id} label={name} description={description} />)}</Stack>
            </Checkbox.Group>
            <Textarea label="Tools" description="A JSON list: of the caller (client_side), or of a webhook" autosize minRows={2} maxRows={20} styles={monospaceInput} {...form.getInputProps('tools')} />
            <McpServersField {...form.getInputProps('mcpServers')} value={form.values.mcpServers} />
            <Group grow align="flex-start">
              <NumberInput label="Model calls of one turn" description="At most. Empty: the default" min={1} {...form.getInputProps('max_iterations')} />
              <TagsInput label="Tags" description="Enter adds one" {...form.getInputProps('tags')} />
            </Group>
            <Checkbox label="Tools may run side by side" {...form.getInputProps('parallel_tool_calls', { type: 'checkbox' })} />
            {save.error && !isToldInFields && <ErrorNotice error={save.error} />}
            {mayWrite ? <Group justify="flex-end"><Button type="submit" loading={save.isPending}>{agent ? 'Save' : 'Create'}</Button></Group> : <Text size="sm" c="dimmed">Your key may only read: to change it, it needs the scope write.</Text>}
          </Stack>
        </fieldset>
      </form>
    </>
  )
}
