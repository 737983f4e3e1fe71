import { Collapse, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronRight } from '@tabler/icons-react'
import classes from './thinking.module.css'

/** What the model thought, folded: of interest now and then, and long. */
export function Thinking({ text, isThinking }: { text: string; isThinking: boolean }) {
  const [isOpen, { toggle }] = useDisclosure(false)
  return (
    <div className={classes['thinking']}>
      <UnstyledButton className={classes['fold']} onClick={toggle} aria-expanded={isOpen}>
        <IconChevronRight size={14} className={classes['chevron']} data-open={isOpen || undefined} aria-hidden />
        <Text span size="sm" c="dimmed">{isThinking ? 'Thinking…' : 'Thoughts'}</Text>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <Text size="sm" c="dimmed" className={classes['text']}>{text}</Text>
      </Collapse>
    </div>
  )
}
