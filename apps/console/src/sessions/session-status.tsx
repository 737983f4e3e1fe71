import { Text } from '@mantine/core'
import type { SessionStatus as Status } from '@reprise/contract'
import { IconCircle, IconCircleFilled, IconPlayerPlayFilled, IconUserQuestion, type Icon } from '@tabler/icons-react'

const statuses: Record<Status, { icon: Icon; words: string; color: string }> = {
  started: { icon: IconCircle, words: 'new', color: 'dimmed' },
  active: { icon: IconPlayerPlayFilled, words: 'running', color: 'teal' },
  idle: { icon: IconCircleFilled, words: 'idle', color: 'dimmed' },
  waitingfortoolresults: { icon: IconUserQuestion, words: 'waits for you', color: 'indigo' },
}

export function SessionStatus({ status }: { status: Status }) {
  const { icon: Icon, words, color } = statuses[status]
  return <Text span size="xs" c={color} style={{ display: 'inline-flex', gap: 4, alignItems: 'center', whiteSpace: 'nowrap' }}><Icon size={status === 'idle' ? 8 : 12} aria-hidden /> {words}</Text>
}
