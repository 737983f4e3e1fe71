import { newId } from '@reprise/contract'
import type { Ids } from './resources.ts'

export type Kind = keyof Ids

/**
 * One way to call a route or a procedure with ids in it: `id` is what is tried, one id after the other being another
 * organization's; `own` is there to make the rest of it right.
 */
export interface Probe<Input> {
  make(id: Ids, own: Ids): Input
  /** What an id that does not exist is answered with. */
  status: number
}

/** The ids say what the call is about: one that is not there is not found. */
export function found<Input>(make: Probe<Input>['make']): Probe<Input> {
  return { make, status: 404 }
}

/** The ids are named beside what the call is about: one that is not there makes it a bad request. */
export function named<Input>(make: Probe<Input>['make']): Probe<Input> {
  return { make, status: 400 }
}

/** The ids choose what is shown: one that is not there chooses nothing. */
export function chosen<Input>(make: Probe<Input>['make']): Probe<Input> {
  return { make, status: 200 }
}

/** Says for a call that no id of an organization can be in it. */
export const noIds: readonly Probe<never>[] = []

/** Which ids a probe tries. */
export function findKinds<Input>({ make }: Probe<Input>, own: Ids): Kind[] {
  const kinds = new Set<Kind>()
  const watched = new Proxy(own, {
    get(target, kind: Kind) {
      kinds.add(kind)
      return target[kind]
    },
  })
  make(watched, own)
  return [...kinds]
}

/** An id of the same form that nobody has. */
export function makeMissing(kind: Kind): string {
  return newId(kind)
}
