import { useHotkeys } from '@mantine/hooks'
import { spotlight } from '@mantine/spotlight'
import { useState } from 'react'
import { useCreateSession } from '../sessions/use-create-session.ts'
import { useCaller } from './caller.tsx'
import { showShortcuts } from './shortcuts.tsx'

/** The keys that work everywhere but where somebody types. The palette is loaded when it is first wanted. */
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
    ['shift+?', showShortcuts],
    ['n', () => mayWrite && create.mutate(null)],
    ['/', () => document.querySelector<HTMLInputElement>('[data-search]')?.focus()],
  ])
  return { isPaletteWanted, openPalette }
}
