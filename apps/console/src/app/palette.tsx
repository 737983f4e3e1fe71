import '@mantine/spotlight/styles.css'
import { useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import { client } from '../server/client.ts'
import { nameSession } from '../sessions/name-session.ts'
import { useCreateSession } from '../sessions/use-create-session.ts'
import { sections } from '../settings/sections.ts'
import { useCaller } from './caller.tsx'
import { showShortcuts } from './shortcuts.tsx'

/** Everything that can be gone to or done from anywhere, by a few letters of its name. */
export function Palette() {
  const [query, setQuery] = useState('')
  const [location, navigate] = useLocation()
  const { setColorScheme } = useMantineColorScheme()
  const { scopes } = useCaller()
  const mayWrite = scopes.includes('write')
  const create = useCreateSession()
  const found = useFoundSessions(query)
  const session_id = /^\/sessions\/(sess_\w+)$/.exec(location)?.[1]
  const actions: SpotlightActionGroupData[] = [
    { group: 'Sessions', actions: found.map((session) => ({ id: session.id, label: nameSession(session), description: session.tags.join(', '), onClick: () => navigate(`/sessions/${session.id}`) })) },
    {
      group: 'This session',
      actions: session_id === undefined ? [] : [
        { id: 'copy', label: 'Copy the session’s id', onClick: () => void navigator.clipboard.writeText(session_id) },
        ...(mayWrite ? [{ id: 'cancel', label: 'Cancel the running turn', onClick: () => void client.sessions.cancel.mutate({ session_id, scope: 'running' }) }] : []),
      ],
    },
    {
      group: 'Go to',
      actions: [
        { id: 'sessions', label: 'Sessions', onClick: () => navigate('/sessions') },
        { id: 'operations', label: 'Operations', onClick: () => navigate('/operations') },
        ...sections.map(({ path, label, hint }) => ({ id: path, label, description: hint, onClick: () => navigate(path) })),
      ],
    },
    {
      group: 'Do',
      actions: [
        ...(mayWrite ? [{ id: 'new', label: 'New session', onClick: () => create.mutate(null) }] : []),
        { id: 'light', label: 'Light colors', onClick: () => setColorScheme('light') },
        { id: 'dark', label: 'Dark colors', onClick: () => setColorScheme('dark') },
        { id: 'shortcuts', label: 'Keyboard shortcuts', onClick: showShortcuts },
        { id: 'docs', label: 'API reference', onClick: () => window.open('/docs', '_blank', 'noopener') },
      ],
    },
  ]
  return (
    <Spotlight
      actions={actions.filter((group) => group.actions.length > 0)}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      nothingFound="Nothing is called so"
      highlightQuery
      scrollable
      maxHeight={420}
      lockScroll={false}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      // What the server found for a query matches it in ways that its name does not show.
      filter={(wanted, all) => filterByWords(wanted, all as SpotlightActionGroupData[])}
      searchProps={{ leftSection: <IconSearch size={18} aria-hidden />, placeholder: 'Go to, do, or find a session', 'aria-label': 'Command' }}
    />
  )
}

function filterByWords(wanted: string, groups: SpotlightActionGroupData[]): SpotlightActionGroupData[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean)
  return groups
    .map(({ group, actions }) => ({ group, actions: group === 'Sessions' ? actions : (actions as SpotlightActionData[]).filter((action) => words.every((word) => `${action.label} ${action.description ?? ''}`.toLowerCase().includes(word))) }))
    .filter(({ actions }) => actions.length > 0)
}

function useFoundSessions(query: string) {
  const [settled] = useDebouncedValue(query.trim(), 150)
  const found = useQuery({ queryKey: ['sessions', 'list', 'palette', settled], queryFn: ({ signal }) => client.sessions.list.query({ search: settled, limit: 6 }, { signal }), enabled: settled !== '', placeholderData: keepPreviousData })
  return settled === '' ? [] : (found.data?.data ?? [])
}
