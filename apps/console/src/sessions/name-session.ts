import type { Session } from '@reprise/contract'

/** A session that nobody has named is called by the end of its id. */
export function nameSession({ id, title }: Pick<Session, 'id' | 'title'>): string {
  return title || `Session ${id.slice(-6)}`
}
