/**
 * The places for turns in a worker, and how many of them each organization has.
 *
 * L6  Never more turns than slots, but for turns that are only to be ended.
 * L9  An organization that is limited gets a place here only while it runs fewer turns than its limit, those of other
 *     workers included as the last beat told of them. So it is over it by no more than what workers accept between two
 *     beats. Beats themselves claim exactly: see migrations/0012_limits.sql. Nothing that comes goes before what waits.
 */
import type { LimitedOrganization } from '@reprise/store'

/** Whose turn it is, and how many its organization may run at once; null: no limit. */
export interface TurnPlace {
  organization_id: string
  turns_running_max: number | null
}

export class Slots {
  readonly #max: number
  #taken = 0
  readonly #takenOf = new Map<string, number>()
  #limited = new Map<string, LimitedOrganization>()
  /** Those that got no place here since the last beat. */
  readonly #refused = new Set<string>()

  constructor(max: number) {
    this.#max = max
  }

  get taken(): number {
    return this.#taken
  }

  get free(): number {
    return Math.max(0, this.#max - this.#taken)
  }

  /** There is a slot, and a place of its organization's. */
  hasRoom({ organization_id, turns_running_max }: TurnPlace): boolean {
    if (this.#taken >= this.#max) return false
    if (turns_running_max === null) return true
    if (!this.#waits(organization_id) && this.#countRunning(organization_id) < turns_running_max) return true
    this.#refused.add(organization_id)
    return false
  }

  take(organizationId: string): void {
    this.#taken += 1
    this.#takenOf.set(organizationId, (this.#takenOf.get(organizationId) ?? 0) + 1)
  }

  /** True when somebody waits for the place: it is worth a beat. */
  give(organizationId: string): boolean {
    this.#taken -= 1
    const left = this.#takenOf.get(organizationId)! - 1
    if (left > 0) this.#takenOf.set(organizationId, left)
    else this.#takenOf.delete(organizationId)
    return this.#waits(organizationId)
  }

  /**
   * Whether a turn that ends here may leave its place to the next of its session. Where the organization is over its
   * limit, or turns of its other sessions wait, the place goes to whoever has waited longest.
   */
  keepsPlace(organizationId: string): boolean {
    const limited = this.#limited.get(organizationId)
    return !limited || (!this.#waits(organizationId) && this.#countRunning(organizationId) <= limited.turns_running_max)
  }

  /** Takes what a beat told of the limited organizations. */
  learn(limited: readonly LimitedOrganization[]): void {
    this.#refused.clear()
    if (limited.length === 0 && this.#limited.size === 0) return
    this.#limited = new Map(limited.map((organization) => [organization.organization_id, organization]))
  }

  #waits(organizationId: string): boolean {
    return this.#refused.has(organizationId) || (this.#limited.get(organizationId)?.turns_ready ?? 0) > 0
  }

  #countRunning(organizationId: string): number {
    return (this.#takenOf.get(organizationId) ?? 0) + (this.#limited.get(organizationId)?.running_elsewhere ?? 0)
  }
}
