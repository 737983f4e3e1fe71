import { useHotkeys } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { useState } from 'react'
import { useCreateSession } from '../sessions/use-create-session.ts'
import { useCaller } from './caller.tsx'

const showShortcuts = async () => (await import('./shortcuts.tsx')).showShortcuts()

/** The keys that work everywhere but where somebody types. Palette and list are loaded when they are first wanted. */
export function useShortcuts(): { isPaletteWanted: boolean; openPalette: () => void } {
  const [isPaletteWanted, setIsPaletteWanted] = useState(false)
  const mayWrite = useCaller().scopes.includes('write')
  const create = useCreateSession()
  const openPalette = () => {
    setIsPaletteWanted(true)
    spotlight.open()
  }
  useHotkeys([['mod+K', openPalette]], [])
  useHotkeys([
    ['shift+?', () => void showShortcuts()],
    ['n', () => mayWrite && create.mutate(null)],
    ['/', () => document.querySelector<HTMLInputElement>('[data-search]')?.focus()],
  ])
  return { isPaletteWanted, openPalette }
}
