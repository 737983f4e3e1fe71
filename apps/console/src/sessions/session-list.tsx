import { Badge, Button, Loader, NativeSelect, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import type { Session, SessionStatus as Status } from '@reprise/contract'
import { IconPinFilled, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Link, useSearchParams } from 'wouter'
import { client } from '../server/client.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import { Time } from '../ui/time.tsx'
import { nameSession } from './name-session.ts'
import { NewSessionButton } from './new-session-button.tsx'
import { SessionStatus } from './session-status.tsx'
import classes from './sessions-page.module.css'

const pageSize = 50
const refreshMs = 5_000
const statuses: readonly { value: Status; label: string }[] = [
  { value: 'active', label: 'Running' },
  { value: 'waitingfortoolresults', label: 'Waits for you' },
  { value: 'idle', label: 'Idle' },
  { value: 'started', label: 'New' },
]

/** The sessions, those that are pinned first. What is searched for stands in the address. */
export function SessionList({ open_id }: { open_id: string | null }) {
  const [params, setParams] = useSearchParams()
  const search = params.get('search') ?? ''
  const status = statuses.find(({ value }) => value === params.get('status'))?.value ?? null
  const [settled] = useDebouncedValue(search, 200)
  const sessions = useSessions(settled, status)
  const found = sessions.data?.pages.flatMap(({ data }) => data) ?? []
  const change = (name: string, value: string | null) =>
    setParams((before) => {
      const next = new URLSearchParams(before)
      if (value) next.set(name, value)
      else next.delete(name)
      return next
    }, { replace: true })
  const query = params.size > 0 ? `?${params}` : ''
  return (
    <nav className={classes['list']} aria-label="Sessions">
      <div className={classes['head']}>
        <Title order={open_id === null ? 1 : 2} size="h5" flex={1}>Sessions</Title>
        <NewSessionButton />
      </div>
      <div className={classes['head']}>
        <TextInput flex={1} size="xs" aria-label="Search sessions" placeholder="Title, tag or agent" leftSection={<IconSearch size={14} aria-hidden />} value={search} onChange={(event) => change('search', event.currentTarget.value)} data-search />
        <NativeSelect w={110} size="xs" aria-label="Status" data={[{ value: '', label: 'Any status' }, ...statuses]} value={status ?? ''} onChange={(event) => change('status', event.currentTarget.value)} />
      </div>
      {sessions.isPending && <Loader size="sm" mx="auto" aria-label="Loading sessions" />}
      {sessions.error && <ErrorNotice error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.data && found.length === 0 && (search || status ? <EmptyState title="No session matches">Search looks at titles, tags and the names of agents.</EmptyState> : <EmptyState title="No session yet">Begin one with the button above.</EmptyState>)}
      <ul className={classes['rows']}>
        {found.map((session) => <li key={session.id}><SessionRow session={session} isOpen={session.id === open_id} query={query} /></li>)}
        {sessions.hasNextPage && <li><Button variant="subtle" size="xs" fullWidth loading={sessions.isFetchingNextPage} onClick={() => void sessions.fetchNextPage()}>Older sessions</Button></li>}
      </ul>
    </nav>
  )
}

function SessionRow({ session: { id, title, status, tags, is_pinned, updated_at }, isOpen, query }: { session: Session; isOpen: boolean; query: string }) {
  return (
    <Link href={`/sessions/${id}${query}`} className={classes['row']} aria-current={isOpen ? 'page' : undefined}>
      <span className={classes['title']}>
        {is_pinned && <IconPinFilled size={12} role="img" aria-label="pinned" />}
        <Text span size="sm" fw={500} truncate>{nameSession({ id, title })}</Text>
      </span>
      <span className={classes['about']}>
        <SessionStatus status={status} />
        <Time at={updated_at} />
        {tags.slice(0, 2).map((tag) => <Badge key={tag} size="xs" variant="default" tt="none">{tag}</Badge>)}
      </span>
    </Link>
  )
}

function useSessions(search: string, status: Status | null) {
  const filter = { ...(search && { search }), ...(status && { status }) }
  return useInfiniteQuery({
    queryKey: ['sessions', 'list', filter],
    initialPageParam: 0,
    queryFn: async ({ pageParam, signal }) => {
      const list = (pinned: boolean, offset: number, limit: number) => client.sessions.list.query({ ...filter, pinned, offset, limit }, { signal })
      const others = await list(false, pageParam, pageSize)
      const pinned = pageParam === 0 ? (await list(true, 0, pageSize)).data : []
      return { data: [...pinned, ...others.data] as Session[], next: pageParam + others.data.length, total: others.total } // their free fields are typed as absent or not
    },
    getNextPageParam: ({ next, total }) => (next < total ? next : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  })
}
