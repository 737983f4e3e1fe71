import { Alert, Button, Center, Loader, Text, VisuallyHidden } from '@mantine/core'
import { IconArrowDown } from '@tabler/icons-react'
import { useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { Virtualizer } from 'virtua'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import type { Conversation, Entry } from './conversation.ts'
import classes from './conversation-view.module.css'
import { EntryView, type EntryActions } from './entry-view.tsx'

export interface ConversationViewProps extends EntryActions {
  conversation: Conversation
  loadOlder(): void
}

/** So near to the bottom, the reader wants to see what comes. */
const stickyPixels = 60
/** So near to the top, older messages are read. */
const olderPixels = 600

/** A session from its oldest message that was read to what is coming now; only what is in sight is drawn. */
export function ConversationView({ conversation, loadOlder, ...actions }: ConversationViewProps) {
  const { entries, hasOlder, isLoading, isLoadingOlder, error } = conversation
  const scroller = useRef<HTMLDivElement>(null)
  const [isAtEnd, setIsAtEnd] = useState(true)
  const isPrepended = useIsPrepended(entries)
  useStickToEnd(scroller, isAtEnd, !isLoading && entries.length > 0)

  if (error) return <Center flex={1} p="md"><ErrorNotice error={error} /></Center>
  if (isLoading) return <Center flex={1}><Loader aria-label="Loading the conversation" /></Center>
  if (entries.length === 0) return <EmptyState title="Nothing has been said yet">Write the first message below. Its turn is run to its end, whatever happens to this page or to the server.</EmptyState>

  const onScroll = (offset: number) => {
    const { scrollHeight = 0, clientHeight = 0 } = scroller.current ?? {}
    setIsAtEnd(scrollHeight - offset - clientHeight < stickyPixels)
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
      {!isAtEnd && (
        <Button className={classes['newest']} size="xs" variant="default" radius="xl" leftSection={<IconArrowDown size={14} />} onClick={() => setIsAtEnd(true)}>
          Newest
        </Button>
      )}
      <StreamNotice conversation={conversation} />
      <VisuallyHidden role="status" aria-live="polite">{describeLast(entries)}</VisuallyHidden>
    </div>
  )
}

/** Keeps the end in sight while it grows, by whatever: text that comes, an image, or what was only estimated until it was drawn. */
function useStickToEnd(scroller: RefObject<HTMLElement | null>, isAtEnd: boolean, isShown: boolean): void {
  useLayoutEffect(() => {
    const element = scroller.current
    const content = element?.lastElementChild
    if (!element || !content || !isAtEnd) return
    const stick = () => void (element.scrollTop = element.scrollHeight)
    const observer = new ResizeObserver(stick)
    observer.observe(content)
    observer.observe(element)
    stick()
    return () => observer.disconnect()
  }, [scroller, isAtEnd, isShown])
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
