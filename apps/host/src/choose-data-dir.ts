import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Where the data lives when nobody says so: in `.reprise`, right here. PostgreSQL does not run as root, though, and the user that
 * root hands it to may not enter a private folder (such as /root, or one that mktemp made); then it is where services keep their
 * data, in a folder of this place's own.
 */
export function chooseDataDir(here: string, uid: number | undefined = process.getuid?.()): string {
  if (uid !== 0 || isOpenToAll(here)) return join(here, '.reprise')
  return join('/var/lib/reprise', createHash('sha256').update(here).digest('hex').slice(0, 12))
}

function isOpenToAll(folder: string): boolean {
  const othersMayEnter = 0o001
  const isOpen = (statSync(folder).mode & othersMayEnter) !== 0
  return isOpen && (folder === dirname(folder) || isOpenToAll(dirname(folder)))
}
