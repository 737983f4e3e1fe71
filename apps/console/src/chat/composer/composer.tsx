import type { Session } from '@reprise/contract'
import type { Conversation } from '../conversation/conversation.ts'

export interface ComposerProps {
  session: Session
  conversation: Conversation
}

export function Composer({ session }: ComposerProps) {
  return <div>{session.id}</div>
}
