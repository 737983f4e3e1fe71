import { useEffect, useMemo } from 'react'
import type { PendingMessages } from '../conversation/conversation.ts'
import { MessageSender } from './message-sender.ts'

/** Posts messages to a session, each exactly once, however often it has to be sent. What an earlier page could not send is sent first. */
export function useSendMessage(session_id: string, pending: PendingMessages): MessageSender {
  const sender = useMemo(() => new MessageSender(session_id, pending), [session_id, pending])
  useEffect(() => sender.resume(), [sender])
  return sender
}
