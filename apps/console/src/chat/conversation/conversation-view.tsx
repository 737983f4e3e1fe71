import { Alert, Button, Center, Loader, Text, VisuallyHidden } from '@mantine/core'
import { IconArrowDown } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { Virtualizer } from 'virtua'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import type { Conversation, Entry } from './conversation.ts'
import classes from './conversation-view.module.css'
import { EntryView, type EntryActions } from './entry-view.tsx'
import { useStickToEnd } from './use-stick-to-end.ts'

export interface ConversationViewProps extends EntryActions {
  conversation: Conversation
  loadOlder(): void
}

/** So near to the top, older messages are read. */
const olderPixels = 600

/** A session from its oldest message that was read to what is coming now; only what is in sight is drawn. */
export function ConversationView({ conversation, loadOlder, ...actions }: ConversationViewProps) {
  const { entries, hasOlder, isLoading, isLoadingOlder, error } = conversation
  const scroller = useRef<HTMLDivElement>(null)
  const isPrepended = useIsPrepended(entries)
  const end = useStickToEnd(scroller, !isLoading && entries.length > 0)

  if (error) return <Center flex={1} p="md"><ErrorNotice error={error} /></Center>
  if (isLoading) return <Center flex={1}><Loader aria-label="Loading the conversation" /></Center>
  if (entries.length === 0) return <EmptyState title="Nothing has been said yet">Write the first message below. Its turn is run to its end, whatever happens to this page or to the server.</EmptyState>

  const onScroll = (offset: number) => {
    end.onScroll()
    if (hasOlder && offset < olderPixels) loadOlder()
  }
  return (
    <div className={classes['frame']}>
      {/* A region that scrolls is reached by the keyboard, and then by its keys. */}
      <div ref={scroller} className={classes['scroller']} tabIndex={0} role="region" aria-label="Conversation">
        {isLoadingOlder && <Loader className={classes['older']} size="xs" aria-label="Loading older messages" />}
        <Virtualizer scrollRef={scroller} shift={isPrepended} onScroll={onScroll} bufferSize={600}>
          {entries.map((entry) => <EntryView key={entry.key} entry={entry} actions={actions} />)}
        </Virtualizer>
      </div>
      {!end.isAtEnd && (
        <Button className={classes['newest']} size="xs" variant="default" radius="xl" leftSection={<IconArrowDown size={14} />} onClick={end.goToEnd}>
          Newest
        </Button>
      )}
      <StreamNotice conversation={conversation} />
      <VisuallyHidden role="status" aria-live="polite">{describeLast(entries)}</VisuallyHidden>
    </div>
  )
}

function StreamNotice({ conversation: { stream } }: { conversation: Conversation }) {
  if (stream.kind === 'lost') return <Alert className={classes['notice']} color="orange" p="xs" role="status">Not connected. It goes on from here as soon as the server answers.</Alert>
  if (stream.kind !== 'caught_up') return null
  return (
    <Alert className={classes['notice']} color="teal" p="xs" role="status">
      <Text size="sm">Connected again: nothing was lost. {stream.events === 0 ? 'Nothing had happened meanwhile.' : stream.events === 1 ? 'One event came meanwhile.' : `${stream.events} events came meanwhile.`}</Text>
    </Alert>
  )
}

/** True while older entries have come before those of the last drawing: what is in sight then stays where it is. */
function useIsPrepended(entries: readonly Entry[]): boolean {
  const [seen, setSeen] = useState({ entries, isPrepended: false })
  if (seen.entries === entries) return seen.isPrepended
  const isPrepended = seen.entries.length > 0 && entries[0]?.key !== seen.entries[0]?.key
  setSeen({ entries, isPrepended })
  return isPrepended
}

/** For those who listen: that there is something to be read, and not every word as it comes. */
function describeLast(entries: readonly Entry[]): string {
  const last = entries.at(-1)
  if (last?.kind !== 'answer') return ''
  return last.isStreaming ? 'An answer is coming' : 'The answer is complete'
}
