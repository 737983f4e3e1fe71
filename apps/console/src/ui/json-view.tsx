import { Code, ScrollArea } from '@mantine/core'

/** A value as indented JSON: text, never markup. */
export function JsonView({ value, maxHeight = 320, label }: { value: unknown; maxHeight?: number; label: string }) {
  return (
    <ScrollArea.Autosize mah={maxHeight} type="auto" viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': label }}>
      <Code block>{JSON.stringify(value, null, 2) ?? 'undefined'}</Code>
    </ScrollArea.Autosize>
  )
}
