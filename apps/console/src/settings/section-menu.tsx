import { NavLink } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { Link, useLocation } from 'wouter'
import { sections } from './sections.ts'
import classes from './settings-page.module.css'

export function SectionMenu() {
  const [location] = useLocation()
  const open = sections.find(({ path }) => location.startsWith(path))
  const menu = useRef<HTMLElement>(null)
  // On a phone it is a row with an end that is not seen.
  useEffect(() => {
    if (open) menu.current?.querySelector(`[href="${open.path}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [open])
  return (
    <nav ref={menu} className={classes['menu']} aria-label="Settings">
      {sections.map(({ path, label, hint, icon: Icon }) => (
        <NavLink key={path} component={Link} href={path} label={label} title={hint} active={path === open?.path} aria-current={path === open?.path ? 'page' : undefined} leftSection={<Icon size={18} aria-hidden />} className={classes['link']} />
      ))}
    </nav>
  )
}
