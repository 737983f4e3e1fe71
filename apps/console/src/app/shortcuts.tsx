import { Kbd, Table } from '@mantine/core'
import { modals } from '@mantine/modals'

const shortcuts = [
  ['Ctrl K', 'Go to anything, do anything'],
  ['Enter', 'Send the message'],
  ['Shift Enter', 'Begin a new line'],
  ['Esc', 'Cancel the running turn, from the message box'],
  ['n', 'New session'],
  ['/', 'Search sessions'],
  ['?', 'This list'],
] as const

export function showShortcuts(): void {
  modals.open({
    title: 'Keyboard shortcuts',
    closeButtonProps: { 'aria-label': 'Close' },
    children: (
      <Table>
        <Table.Tbody>{shortcuts.map(([keys, what]) => <Table.Tr key={keys}><Table.Td w={130}><Kbd>{keys}</Kbd></Table.Td><Table.Td>{what}</Table.Td></Table.Tr>)}</Table.Tbody>
      </Table>
    ),
  })
}
