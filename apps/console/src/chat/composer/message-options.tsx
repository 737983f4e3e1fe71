import type { Session } from '@reprise/contract'
import { useQuery } from '@tanstack/react-query'
import { client } from '../../server/client.ts'
import { ChoiceMenu } from './choice-menu.tsx'
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
  const choices = enabled.map(({ id, display_name, supports_images }) => ({ value: id, label: display_name, ...(draft.images.length > 0 && !supports_images && { hint: 'Takes no images' }) }))
  return (
    <div className={classes['options']}>
      <ChoiceMenu label="Model" fallback={fallback ? `Default (${fallback.display_name})` : 'Default model'} choices={choices} value={choices.some(({ value }) => value === draft.model_id) ? draft.model_id : null} onChange={(model_id) => onChange({ model_id })} />
      <ChoiceMenu label="Reasoning" fallback="Reasoning as usual" choices={efforts} value={draft.effort} onChange={(effort) => onChange({ effort })} />
      {isBusy && <ChoiceMenu label="While a turn runs" fallback="As usual while it runs" choices={busyPolicies} value={draft.when_busy} onChange={(when_busy) => onChange({ when_busy })} />}
    </div>
  )
}
