import { NavLink } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { sections } from './sections.ts'
import classes from './settings-page.module.css'

export function SectionMenu() {
  const [location] = useLocation()
  const menu = useRef<HTMLElement>(null)
  // On a phone it is a row with an end that is not seen.
  useEffect(() => {
    menu.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [location])
  return (
    <nav ref={menu} className={classes['menu']} aria-label="Settings">
      {sections.map(({ path, label, hint, icon: Icon }) => (
        <NavLink key={path} component={Link} href={path} label={label} title={hint} active={location.startsWith(path)} aria-current={location.startsWith(path) ? 'page' : undefined} leftSection={<Icon size={18} aria-hidden />} className={classes['link']} />
      ))}
    </nav>
  )
}
