import { ActionIcon, Textarea, Tooltip } from '@mantine/core'
import type { Session } from '@reprise/contract'
import { IconPlayerStopFilled, IconSend2 } from '@tabler/icons-react'
import { useRef, type ClipboardEvent, type KeyboardEvent } from 'react'
import type { Conversation } from '../conversation/conversation.ts'
import { AttachImages } from './attach-images.tsx'
import { AttachedImages } from './attached-images.tsx'
import classes from './composer.module.css'
import { MessageOptions } from './message-options.tsx'
import type { MessageSender } from './message-sender.ts'
import { useCancelTurn } from './use-cancel-turn.ts'
import { useDraft, type Draft } from './use-draft.ts'
import { useUploads } from './use-uploads.ts'

export interface ComposerProps {
  session: Session
  conversation: Conversation
  sender: MessageSender
}

/** Writes a message: Enter sends it, Shift+Enter begins a line, Esc cancels the running turn. */
export function Composer({ session, conversation: { running }, sender }: ComposerProps) {
  const [draft, setDraft] = useDraft(session.id)
  const uploads = useUploads((image) => setDraft((before) => ({ ...before, images: [...before.images, image] })))
  const cancel = useCancelTurn(session.id)
  const sent = useRef<Draft | null>(null)
  const isUploading = uploads.uploads.some(({ error }) => error === null)
  const isEmpty = draft.text.trim() === '' && draft.images.length === 0

  const send = () => {
    // A second Enter may come before the first has been drawn.
    if (isEmpty || isUploading || sent.current === draft) return
    sent.current = draft
    sender.send(draft)
    setDraft((before) => ({ ...before, text: '', images: [] }))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      send()
    }
    if (event.key === 'Escape' && running) cancel.mutate()
  }
  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files].filter(({ type }) => type.startsWith('image/'))
    if (files.length === 0) return
    event.preventDefault()
    uploads.add(files)
  }

  return (
    <div className={classes['composer']}>
      <AttachedImages images={draft.images} uploads={uploads} onRemove={(image_id) => setDraft((before) => ({ ...before, images: before.images.filter((image) => image.image_id !== image_id) }))} />
      <Textarea
        aria-label="Message"
        placeholder={running ? 'Write on: the turn is running' : 'Write a message'}
        autosize
        minRows={1}
        maxRows={12}
        variant="unstyled"
        classNames={{ input: classes['input']! }}
        value={draft.text}
        onChange={({ currentTarget: { value } }) => setDraft((before) => ({ ...before, text: value }))}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        data-autofocus
      />
      <div className={classes['bar']}>
        <AttachImages onFiles={uploads.add} />
        <MessageOptions session={session} draft={draft} onChange={(changes) => setDraft((before) => ({ ...before, ...changes }))} isBusy={running !== null} />
        <div className={classes['send']}>
          {running && (
            <Tooltip label="Cancel the turn (Esc)">
              <ActionIcon size="lg" variant="light" color="red" aria-label="Cancel the turn" loading={cancel.isPending} onClick={() => cancel.mutate()}><IconPlayerStopFilled size={18} /></ActionIcon>
            </Tooltip>
          )}
          <Tooltip label={isUploading ? 'Images are still on their way' : 'Send (Enter)'}>
            <ActionIcon size="lg" aria-label="Send" disabled={isEmpty || isUploading} onClick={() => send()}><IconSend2 size={18} /></ActionIcon>
          </Tooltip>
        </div>
      </div>
    </div>
  )
}
