import { Code } from '@mantine/core'

/** A value as indented JSON: text, never markup. What is long scrolls within, also by the keyboard. */
export function JsonView({ value, maxHeight = 320, label }: { value: unknown; maxHeight?: number; label: string }) {
  return <Code block tabIndex={0} role="group" aria-label={label} mah={maxHeight} style={{ overflow: 'auto' }}>{JSON.stringify(value, null, 2) ?? 'undefined'}</Code>
}
