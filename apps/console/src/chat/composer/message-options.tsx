import { Select } from '@mantine/core'
import type { Session } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { busyPolicies, efforts } from './composer-options.ts'
import classes from './composer.module.css'
import type { Draft } from './use-draft.ts'

interface MessageOptionsProps {
  session: Session
  draft: Draft
  onChange: (changes: Partial<Draft>) => void
  isBusy: boolean
}

/** Who answers, how long it thinks, and what becomes of the message while a turn runs. What is not chosen, session and agent say. */
export function MessageOptions({ session, draft, onChange, isBusy }: MessageOptionsProps) {
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: ({ signal }) => client.models.list.query(undefined, { signal }), staleTime: 60_000 })
  const enabled = models.data?.filter((model) => model.enabled) ?? []
  const fallback = enabled.find(({ id, is_default }) => (session.model_id === null ? is_default : id === session.model_id))
  return (
    <div className={classes['options']}>
      <Select
        {...look}
        w={170}
        aria-label="Model"
        placeholder={fallback ? fallback.display_name : 'Default model'}
        data={enabled.map(({ id, display_name }) => ({ value: id, label: display_name }))}
        value={enabled.some(({ id }) => id === draft.model_id) ? draft.model_id : null}
        onChange={(model_id) => onChange({ model_id })}
      />
      <Select {...look} w={130} aria-label="Reasoning" placeholder="Reasoning" data={efforts.slice()} value={draft.effort} onChange={(value) => onChange({ effort: efforts.find((effort) => effort.value === value)?.value ?? null })} />
      {isBusy && (
        <Select
          {...look}
          w={150}
          aria-label="While a turn runs"
          placeholder="While it runs"
          comboboxProps={{ width: 320, position: 'top-start' }}
          data={busyPolicies.map(({ value, label }) => ({ value, label }))}
          renderOption={({ option }) => {
            const policy = busyPolicies.find(({ value }) => value === option.value)
            return <span>{policy?.label}<br /><small className={classes['hint']}>{policy?.hint}</small></span>
          }}
          value={draft.when_busy}
          onChange={(value) => onChange({ when_busy: busyPolicies.find((policy) => policy.value === value)?.value ?? null })}
        />
      )}
    </div>
  )
}

const look = { size: 'xs', variant: 'unstyled', clearable: true, comboboxProps: { width: 'max-content', position: 'top-start' }, classNames: { input: classes['option']! }, clearButtonProps: { 'aria-label': 'Back to the default' } } as const
