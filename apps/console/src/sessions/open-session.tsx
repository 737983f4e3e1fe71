import { Center, Loader, Text } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import type { Session } from '@reprise/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { useCaller } from '../app/caller.tsx'
import { AwaitedCalls } from '../chat/composer/awaited-calls.tsx'
import { Composer } from '../chat/composer/composer.tsx'
import { useSendMessage } from '../chat/composer/use-send-message.ts'
import { ConversationView } from '../chat/conversation/conversation-view.tsx'
import { useConversation } from '../chat/conversation/use-conversation.ts'
import { client } from '../server/client.ts'
import { describeError, ErrorNotice } from '../ui/error-notice.tsx'
import { SessionHeader } from './session-header.tsx'
import { nameSession } from './name-session.ts'

/** A session: its conversation, what it waits for, and the next message. */
export function OpenSession({ session_id }: { session_id: string }) {
  const session = useQuery({ queryKey: ['sessions', 'get', session_id], queryFn: async ({ signal }) => (await client.sessions.get.query({ session_id }, { signal })) as Session }) // its free fields are typed as absent or not
  useDocumentTitle(session.data ? `${nameSession(session.data)} · Reprise` : 'Reprise')
  if (session.isPending) return <Center flex={1}><Loader aria-label="Loading the session" /></Center>
  if (!session.data) return <Center flex={1} p="md"><ErrorNotice error={session.error} onRetry={() => void session.refetch()} /></Center>
  return <ShownSession session={session.data} />
}

function ShownSession({ session }: { session: Session }) {
  const { scopes } = useCaller()
  const mayWrite = scopes.includes('write')
  const { conversation, feed } = useConversation(session.id)
  const sender = useSendMessage(session.id, feed)
  const fork = useFork(session)
  const retry = useRetryTurn()
  useFreshSession(session.id, conversation.running?.turn_id ?? null)
  const actions = mayWrite ? { onFork: (at_sequence: number) => fork.mutate(at_sequence), onResend: (id: string) => sender.resend(id), onRetryTurn: (turn_id: string) => retry.mutate(turn_id) } : {}
  return (
    <>
      <SessionHeader session={session} running={conversation.running} onFork={() => fork.mutate(null)} />
      <ConversationView conversation={conversation} loadOlder={feed.loadOlder} {...actions} />
      {mayWrite ? (
        <>
          <AwaitedCalls conversation={conversation} />
          <Composer session={session} conversation={conversation} sender={sender} />
        </>
      ) : (
        <Text size="sm" c="dimmed" ta="center" p="sm">Your key may only read: to write here, it needs the scope write.</Text>
      )}
    </>
  )
}

/** What the list and the header say of a session changes with its turns. */
function useFreshSession(session_id: string, running: string | null): void {
  const queries = useQueryClient()
  useEffect(() => {
    void queries.invalidateQueries({ queryKey: ['sessions', 'get', session_id] })
    void queries.invalidateQueries({ queryKey: ['sessions', 'list'] })
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- Which turn runs is not read: that it is another is the news.
  }, [queries, session_id, running])
}

function useFork({ id: session_id }: Session) {
  const [, navigate] = useLocation()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (at_sequence: number | null) => client.sessions.fork.mutate({ session_id, at_sequence }),
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ['sessions', 'list'] })
      navigate(`/sessions/${id}`)
      notifications.show({ color: 'teal', message: 'This is the fork. The session it came from is as it was.' })
    },
    onError: (error) => notifications.show({ color: 'red', title: 'Not forked', message: describeError(error) }),
  })
}

function useRetryTurn() {
  return useMutation({
    mutationFn: (dead_letter_id: string) => client.durable.dlq.retry.mutate({ dead_letter_id }),
    onError: (error) => notifications.show({ color: 'red', title: 'Not tried again', message: describeError(error) }),
  })
}
