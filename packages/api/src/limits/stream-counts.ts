import type { StreamCount } from '@reprise/store'

/** How many event streams are open in this process, per organization. */
export class StreamCounts {
  readonly #open = new Map<string, number>()
  /** Whose count has changed since it was told, or could not be. */
  readonly #changed = new Set<string>()

  get size(): number {
    return this.#open.size
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0
  }

  of(organizationId: string): number {
    return this.#open.get(organizationId) ?? 0
  }

  /** `isLimited`: others are to hear of it soon. */
  change(organizationId: string, by: 1 | -1, isLimited: boolean): void {
    const count = this.of(organizationId) + by
    if (count > 0) this.#open.set(organizationId, count)
    else this.#open.delete(organizationId)
    if (isLimited) this.#changed.add(organizationId)
  }

  /** All of them, and those that were closed to the last. */
  startExchange(): StreamCount[] {
    const told = new Set([...this.#open.keys(), ...this.#changed])
    this.#changed.clear()
    return [...told].map((organization_id) => ({ organization_id, streams_open: this.of(organization_id) }))
  }

  fail(told: readonly StreamCount[]): void {
    for (const { organization_id } of told) this.#changed.add(organization_id)
  }
}
