import { Text } from '@mantine/core'
import { modals } from '@mantine/modals'

/** Asks before something that cannot be undone. `action`: what the button says. */
export function confirm({ title, words, action, onConfirm }: { title: string; words: string; action: string; onConfirm: () => void }): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm">{words}</Text>,
    labels: { confirm: action, cancel: 'Cancel' },
    confirmProps: { color: 'red' },
    closeButtonProps: { 'aria-label': 'Close' },
    onConfirm,
  })
}
