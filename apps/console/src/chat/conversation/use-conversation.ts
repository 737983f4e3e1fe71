import { useEffect, useState, useSyncExternalStore } from 'react'
import type { Conversation } from './conversation.ts'
import { SessionFeed } from './session-feed.ts'

export interface SessionConversation {
  conversation: Conversation
  feed: SessionFeed
}

/** The session's conversation, kept current for as long as it is shown. Another session is for another component: give it a key. */
export function useConversation(session_id: string): SessionConversation {
  const [feed, setFeed] = useState(() => new SessionFeed(session_id))
  useEffect(() => {
    // A feed that was ended is not begun again: the strict mode of development mounts everything twice.
    const begun = new SessionFeed(session_id)
    // oxlint-disable-next-line react/set-state-in-effect -- It is shown as soon as there is one.
    setFeed(begun)
    return begun.start()
  }, [session_id])
  return { conversation: useSyncExternalStore(feed.subscribe, feed.getSnapshot), feed }
}
