import { useRef, useState } from 'react'
import { ActionIcon, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { ComponentProps } from 'react'
import classes from './markdown.module.css'

/** Code as it was written, with its copying; a long line scrolls within. */
export function CodeBlock({ children }: ComponentProps<'pre'>) {
  const pre = useRef<HTMLPreElement>(null)
  const [isCopied, setIsCopied] = useState(false)
  const label = isCopied ? 'Copied' : 'Copy code'
  const copy = async () => {
    await navigator.clipboard.writeText(pre.current?.textContent ?? '')
    setIsCopied(true)
    setTimeout(() => setIsCopied(false), 1_500)
  }
  return (
    <div className={classes['code']}>
      <Tooltip label={label}>
        <ActionIcon className={classes['copy']} variant="default" size="sm" aria-label={label} onClick={() => void copy()}>
          {isCopied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
      {/* It scrolls sideways, also by the keyboard. */}
      <pre ref={pre} tabIndex={0} role="group" aria-label="Code">{children}</pre>
    </div>
  )
}
