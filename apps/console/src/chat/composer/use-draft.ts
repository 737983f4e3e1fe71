import { useLocalStorage } from '@mantine/hooks'
import type { ReasoningEffort, WhenBusy } from '@reprise/contract'

/** What has been written for a session, and how it is to be sent. */
export interface Draft {
  text: string
  images: readonly UploadedImage[]
  model_id: string | null
  effort: ReasoningEffort | null
  when_busy: WhenBusy | null
}

export interface UploadedImage {
  image_id: string
  filename: string
}

const empty: Draft = { text: '', images: [], model_id: null, effort: null, when_busy: null }

/** The draft of a session: it stays with this browser until it is sent. */
export function useDraft(session_id: string): [Draft, (change: (draft: Draft) => Draft) => void] {
  const [draft, setDraft] = useLocalStorage<Draft>({ key: `reprise-draft-${session_id}`, defaultValue: empty, getInitialValueInEffect: false })
  return [draft, (change) => setDraft((before) => change({ ...empty, ...before }))]
}
