import { Button, Group, Modal, NativeSelect, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import type { Schedule } from '@reprise/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { readFieldErrors } from '../../ui/field-errors.ts'
import { nameSession } from '../../sessions/name-session.ts'
import { monospaceInput } from '../../ui/monospace-input.ts'

const examples = [
  { value: '', label: 'Examples…' },
  { value: '0 9 * * 1-5', label: 'Weekdays at nine' },
  { value: '0 * * * *', label: 'Every hour' },
  { value: '*/15 * * * *', label: 'Every quarter of an hour' },
  { value: '0 8 1 * *', label: 'The first of the month at eight' },
]

export function ScheduleForm({ schedule, onClose }: { schedule: Schedule | null; onClose: () => void }) {
  const queries = useQueryClient()
  const sessions = useQuery({ queryKey: ['sessions', 'list', 'for schedules'], queryFn: ({ signal }) => client.sessions.list.query({ limit: 100 }, { signal }), enabled: schedule === null })
  const form = useForm({
    initialValues: {
      session_id: schedule?.session_id ?? '',
      name: schedule?.name ?? '',
      text: schedule ? readText(schedule) : '',
      kind: schedule?.at ? 'at' : 'cron',
      cron: schedule?.cron ?? '',
      timezone: schedule?.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
      at: schedule?.at?.slice(0, 16) ?? '',
    },
  })
  const save = useMutation({
    mutationFn: ({ session_id, name, text, kind, cron, timezone, at }: typeof form.values) => {
      const when = kind === 'cron' ? { cron, timezone, at: null } : { at: at === '' ? null : new Date(at).toISOString(), cron: null }
      const settings = { name: name || null, message: { content: [{ type: 'text' as const, text }] }, ...when }
      return schedule ? client.schedules.update.mutate({ schedule_id: schedule.id, ...settings }) : client.schedules.create.mutate({ session_id, ...settings })
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['schedules'] })
      onClose()
    },
    onError: (error) => form.setErrors(readFieldErrors(error)),
  })
  return (
    <Modal opened onClose={onClose} title={schedule ? 'Edit schedule' : 'New schedule'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
        <Stack gap="sm">
          {schedule === null && <NativeSelect label="Session" required data={[{ value: '', label: 'Choose…' }, ...(sessions.data?.data ?? []).map((session) => ({ value: session.id, label: nameSession(session) }))]} {...form.getInputProps('session_id')} />}
          <TextInput label="Name" {...form.getInputProps('name')} />
          <Textarea label="Message" required autosize minRows={2} maxRows={8} {...form.getInputProps('text')} error={form.errors['message.content[0].text']} />
          <SegmentedControl aria-label="When" data={[{ value: 'cron', label: 'Again and again' }, { value: 'at', label: 'Once' }]} {...form.getInputProps('kind')} />
          {form.values.kind === 'cron' ? (
            <>
              <Group grow align="flex-end">
                <TextInput label="Cron" description="Minute, hour, day, month, weekday" required styles={monospaceInput} {...form.getInputProps('cron')} />
                <NativeSelect aria-label="Examples" data={examples} value="" onChange={({ currentTarget: { value } }) => value && form.setFieldValue('cron', value)} />
              </Group>
              <TextInput label="Time zone" required {...form.getInputProps('timezone')} />
            </>
          ) : (
            <TextInput type="datetime-local" label="At" required {...form.getInputProps('at')} />
          )}
          {save.error && Object.keys(form.errors).length === 0 && <ErrorNotice error={save.error} />}
          <Group justify="flex-end"><Button type="submit" loading={save.isPending}>{schedule ? 'Save' : 'Add'}</Button></Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** The text that a schedule posts. */
export function readText({ message }: Pick<Schedule, 'message'>): string {
  const { content } = message as { content: { type: string; text?: string }[] } // as it was checked when it was stored
  return content.map(({ text }) => text ?? '').join('\n')
}
