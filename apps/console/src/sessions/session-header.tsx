import { ActionIcon, Badge, Loader, Menu, Text, TextInput, Title } from '@mantine/core'
import { modals } from '@mantine/modals'
import { notifications } from '@mantine/notifications'
import type { Session } from '@reprise/contract'
import { IconArrowFork, IconArrowLeft, IconCopy, IconDots, IconDownload, IconPencil, IconPin, IconPinnedOff, IconTags, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Link, useLocation } from 'wouter'
import { useCaller } from '../app/caller.tsx'
import type { RunningTurn } from '../chat/conversation/conversation.ts'
import { client } from '../server/client.ts'
import { describeError } from '../ui/error-notice.tsx'
import { nameSession } from './name-session.ts'
import { SessionStatus } from './session-status.tsx'
import classes from './sessions-page.module.css'

const TagsInput = lazy(async () => ({ default: (await import('./tags-input.tsx')).TagsInput }))

interface SessionHeaderProps {
  session: Session
  running: RunningTurn | null
  onFork: () => void
}

/** What the session is called, how it stands, and what may be done with it. */
export function SessionHeader({ session, running, onFork }: SessionHeaderProps) {
  const status = running ? (running.isParked ? 'waitingfortoolresults' : 'active') : session.status === 'started' ? 'started' : 'idle'
  return (
    <header className={classes['header']}>
      <ActionIcon component={Link} href="/sessions" className={classes['back']} variant="subtle" color="gray" size="lg" aria-label="All sessions"><IconArrowLeft size={18} /></ActionIcon>
      <div className={classes['name']}>
        <Title order={1} size="h5" textWrap="nowrap">
          <Text inherit span truncate display="block">{nameSession(session)}</Text>
        </Title>
        <span className={classes['about']}>
          <SessionStatus status={status} />
          {describeUsage(session)}
          {session.tags.map((tag) => <Badge key={tag} size="xs" variant="default" tt="none">{tag}</Badge>)}
        </span>
      </div>
      <SessionMenu session={session} onFork={onFork} />
    </header>
  )
}

function SessionMenu({ session, onFork }: { session: Session; onFork: () => void }) {
  const mayWrite = useCaller().scopes.includes('write')
  const { rename, pin, tag, remove } = useSessionChanges(session)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="What may be done with the session"><IconDots size={18} /></ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayWrite && (
          <>
            <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => openTitle(session, (title) => rename.mutate(title))}>Rename</Menu.Item>
            <Menu.Item leftSection={session.is_pinned ? <IconPinnedOff size={14} /> : <IconPin size={14} />} onClick={() => pin.mutate(!session.is_pinned)}>{session.is_pinned ? 'Unpin' : 'Pin'}</Menu.Item>
            <Menu.Item leftSection={<IconTags size={14} />} onClick={() => openTags(session, (tags) => tag.mutate(tags))}>Tags</Menu.Item>
            <Menu.Item leftSection={<IconArrowFork size={14} />} onClick={onFork}>Fork</Menu.Item>
          </>
        )}
        <Menu.Item leftSection={<IconDownload size={14} />} component="a" href={`/v1/sessions/${session.id}/export`} download={`${session.id}.jsonl`}>Export</Menu.Item>
        <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => void navigator.clipboard.writeText(session.id)}>Copy id</Menu.Item>
        {mayWrite && <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={() => confirmDeletion(session, () => remove.mutate())}>Delete</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  )
}

function openTitle(session: Session, onSave: (title: string | null) => void): void {
  let title = session.title ?? ''
  modals.openConfirmModal({
    title: 'Rename the session',
    children: <TextInput label="Title" defaultValue={title} onChange={(event) => (title = event.currentTarget.value)} data-autofocus />,
    labels: { confirm: 'Save', cancel: 'Cancel' },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: () => onSave(title.trim() || null),
  })
}

function openTags(session: Session, onSave: (tags: string[]) => void): void {
  let tags = session.tags
  modals.openConfirmModal({
    title: 'Tags of the session',
    children: <Suspense fallback={<Loader size="sm" aria-label="Loading" />}><TagsInput label="Tags" description="Enter adds one" defaultValue={session.tags} onChange={(changed) => (tags = changed)} data-autofocus /></Suspense>,
    labels: { confirm: 'Save', cancel: 'Cancel' },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm: () => onSave(tags),
  })
}

function confirmDeletion(session: Session, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: `Delete ${nameSession(session)}?`,
    children: <Text size="sm">Its messages and events are erased within a minute, and its turns end. This cannot be undone.</Text>,
    labels: { confirm: 'Delete', cancel: 'Keep it' },
    confirmProps: { color: 'red' },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm,
  })
}

function useSessionChanges({ id: session_id }: Session) {
  const queries = useQueryClient()
  const [, navigate] = useLocation()
  const options = {
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['sessions'] }),
    onError: (error: Error) => void notifications.show({ color: 'red', title: 'Not changed', message: describeError(error) }),
  }
  return {
    rename: useMutation({ ...options, mutationFn: (title: string | null) => client.sessions.update.mutate({ session_id, title }) }),
    tag: useMutation({ ...options, mutationFn: (tags: string[]) => client.sessions.update.mutate({ session_id, tags }) }),
    pin: useMutation({ ...options, mutationFn: (isPinned: boolean) => (isPinned ? client.sessions.pin.mutate({ session_id }) : client.sessions.unpin.mutate({ session_id })) }),
    remove: useMutation({
      ...options,
      mutationFn: () => client.sessions.delete.mutate({ session_id }),
      onSuccess: () => {
        navigate('/sessions')
        options.onSuccess()
      },
    }),
  }
}

function describeUsage({ usage: { input_tokens, output_tokens, cost_usd } }: Session): string {
  if (input_tokens + output_tokens === 0) return ''
  const tokens = new Intl.NumberFormat('en', { notation: 'compact' }).format(input_tokens + output_tokens)
  return `${tokens} tokens${cost_usd === undefined ? '' : `, $${cost_usd.toFixed(4)}`}`
}
