import { Center, Loader } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { EmptyState } from '../ui/empty-state.tsx'
import { NewSessionButton } from './new-session-button.tsx'
import { SessionList } from './session-list.tsx'
import classes from './sessions-page.module.css'

/** Markdown comes with it, so it comes by itself. */
const OpenSession = lazy(async () => ({ default: (await import('./open-session.tsx')).OpenSession }))

/** The list of sessions beside the open one; on a phone one of the two. */
export function SessionsPage({ session_id }: { session_id: string | null }) {
  return (
    <div className={classes['layout']} data-open={session_id !== null || undefined}>
      <SessionList open_id={session_id} />
      <section className={classes['session']}>
        {session_id === null ? (
          <EmptyState title="Open a session, or begin one" action={<NewSessionButton />}>
            A session is a conversation with an agent. What is posted to it is answered, whatever happens to this page or to the server.
          </EmptyState>
        ) : (
          <Suspense fallback={<Center flex={1}><Loader aria-label="Loading the session" /></Center>}>
            <OpenSession key={session_id} session_id={session_id} />
          </Suspense>
        )}
      </section>
    </div>
  )
}
