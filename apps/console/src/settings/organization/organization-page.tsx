import { Button, Center, Group, Loader, NumberInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDocumentTitle } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import type { Organization } from '@reprise/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCaller } from '../../app/caller.tsx'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'
import { SectionHead } from '../../ui/section-head.tsx'

/** What the organization may use at once, and what is kept for how long. */
export function OrganizationPage() {
  useDocumentTitle('Organization · Reprise')
  const organization = useQuery({ queryKey: ['organization', 'get'], queryFn: ({ signal }) => client.organization.get.query(undefined, { signal }) })
  if (organization.isPending) return <Center mih={200}><Loader aria-label="Loading" /></Center>
  if (!organization.data) return <ErrorNotice error={organization.error} />
  return <OrganizationForm organization={organization.data} />
}

function OrganizationForm({ organization }: { organization: Organization }) {
  const queries = useQueryClient()
  const isAdmin = useCaller().scopes.includes('admin')
  const { name, turns_running_max, streams_open_max, deltas_kept_hours, events_kept_days, idempotency_keys_kept_hours } = organization
  const form = useForm({
    initialValues: { name, turns_running_max: turns_running_max ?? ('' as const), streams_open_max: streams_open_max ?? ('' as const), deltas_kept_hours: deltas_kept_hours ?? ('' as const), events_kept_days: events_kept_days ?? ('' as const), idempotency_keys_kept_hours } as Values,
  })
  const save = useMutation({
    mutationFn: ({ name, idempotency_keys_kept_hours, ...limits }: Values) => client.organization.update.mutate({ name, idempotency_keys_kept_hours: Number(idempotency_keys_kept_hours), ...toLimits(limits) }),
    onSuccess: (saved) => {
      queries.setQueryData(['organization', 'get'], saved)
      notifications.show({ color: 'teal', message: 'Saved' })
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  return (
    <>
      <SectionHead title="Organization">{isAdmin ? 'Limits hold across all servers. What is empty has none, or is kept for ever.' : 'To change it, a key needs the scope admin.'}</SectionHead>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <fieldset disabled={!isAdmin} style={{ border: 'none', margin: 0, padding: 0 }}>
          <Stack gap="sm" maw={460}>
            <TextInput label="Name" required {...form.getInputProps('name')} />
            <NumberInput label="Turns at once" description="More of them wait" min={1} {...form.getInputProps('turns_running_max')} />
            <NumberInput label="Open streams at once" description="More of them are refused" min={1} {...form.getInputProps('streams_open_max')} />
            <NumberInput label="Pieces of messages are kept" description="Hours after the message is whole" min={24} suffix=" h" {...form.getInputProps('deltas_kept_hours')} />
            <NumberInput label="Events are kept" description="Days" min={1} suffix=" d" {...form.getInputProps('events_kept_days')} />
            <NumberInput label="Idempotency keys are kept" description="Hours for which the same request is known again" required min={24} suffix=" h" {...form.getInputProps('idempotency_keys_kept_hours')} />
            {save.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={save.error} />}
            {isAdmin && <Group justify="flex-end"><Button type="submit" loading={save.isPending}>Save</Button></Group>}
          </Stack>
        </fieldset>
      </form>
    </>
  )
}

type Limit = number | ''

interface Values {
  name: string
  turns_running_max: Limit
  streams_open_max: Limit
  deltas_kept_hours: Limit
  events_kept_days: Limit
  idempotency_keys_kept_hours: Limit
}

function toLimits(limits: Omit<Values, 'name' | 'idempotency_keys_kept_hours'>) {
  return Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, limit === '' ? null : limit]))
}
