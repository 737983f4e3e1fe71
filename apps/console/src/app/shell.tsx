import { ActionIcon, Alert, Anchor, Group, Text, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconActivity, IconCommand, IconLogout, IconMessages, IconMoon, IconSettings, IconSun, IconWifiOff } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { useIsReachable } from '../server/connection.ts'
import { logOut, loginKey } from '../server/login.ts'
import { useCaller } from './caller.tsx'
import { PageBoundary } from './page-boundary.tsx'
import classes from './shell.module.css'
import { useShortcuts } from './use-shortcuts.ts'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))

const areas = [
  { path: '/sessions', label: 'Sessions', icon: IconMessages },
  { path: '/operations', label: 'Operations', icon: IconActivity },
  { path: '/settings', label: 'Settings', icon: IconSettings },
] as const

/** The frame of every page: a bar with the areas on top, and a page that has the rest of the window. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation()
  const { isPaletteWanted, openPalette } = useShortcuts()
  return (
    <>
      <a className={classes['skip']} href="#page">Skip to the page</a>
      <header className={classes['header']}>
        <Group component="nav" aria-label="Areas" gap={4} wrap="nowrap">
          {areas.map(({ path, label, icon: Icon }) => <AreaLink key={path} path={path} label={label} icon={<Icon size={18} aria-hidden />} />)}
        </Group>
        <Group gap={4} wrap="nowrap">
          <Tooltip label="Go to anything (Ctrl+K)">
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Go to anything" onClick={openPalette}><IconCommand size={18} /></ActionIcon>
          </Tooltip>
          <ColorSchemeButton />
          <LogOutButton />
        </Group>
      </header>
      <main id="page" className={classes['page']}>
        <LostConnection />
        <PageBoundary key={location}>{children}</PageBoundary>
      </main>
      {isPaletteWanted && <Suspense><Palette /></Suspense>}
    </>
  )
}

function AreaLink({ path, label, icon }: { path: string; label: string; icon: ReactNode }) {
  const [location] = useLocation()
  const isCurrent = location.startsWith(path) || (path === '/sessions' && location === '/')
  return (
    <UnstyledButton component={Link} href={path} className={classes['area']} aria-current={isCurrent ? 'page' : undefined}>
      {icon}
      <Text span size="sm" fw={500}>{label}</Text>
    </UnstyledButton>
  )
}

function ColorSchemeButton() {
  const { setColorScheme } = useMantineColorScheme()
  const isDark = useComputedColorScheme('light') === 'dark'
  const label = isDark ? 'Light colors' : 'Dark colors'
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={() => setColorScheme(isDark ? 'light' : 'dark')}>
        {isDark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  )
}

/** Only a login can be ended: while the server asks for no key, there is none. */
function LogOutButton() {
  const { expires_at, organization_name } = useCaller()
  const queries = useQueryClient()
  if (expires_at === null) return null
  return (
    <Tooltip label={`Log out of ${organization_name}`}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Log out of ${organization_name}`} onClick={() => void logOut().then(() => queries.invalidateQueries({ queryKey: loginKey }))}>
        <IconLogout size={18} />
      </ActionIcon>
    </Tooltip>
  )
}

function LostConnection() {
  if (useIsReachable()) return null
  return (
    <Alert color="orange" radius={0} icon={<IconWifiOff size={18} />} role="status">
      The server cannot be reached. Nothing is lost: the page goes on by itself when it is back. <Anchor href="" inherit>Try now</Anchor>
    </Alert>
  )
}
