import type { Provider, Worker } from '@reprise/contract'

export interface ProviderState {
  id: string
  name: string
  /** Null for one of another organization, or one that was deleted. */
  speaks: string | null
  /** Null: no worker leaves it alone. */
  breaker: { isTriedAgain: boolean; workers: number; since: string } | null
}

/** The providers of this organization, and whichever others a worker leaves alone: those that fail come first. */
export function listProviderStates(providers: readonly Pick<Provider, 'id' | 'name' | 'provider_type'>[], workers: readonly Pick<Worker, 'breakers' | 'status'>[]): ProviderState[] {
  const states = new Map(providers.map(({ id, name, provider_type }): [string, ProviderState] => [id, { id, name, speaks: provider_type, breaker: null }]))
  // What a worker that is gone thought of it is over.
  for (const { provider_id: id, provider_name, state, since } of workers.flatMap((worker) => (worker.status === 'gone' ? [] : worker.breakers))) {
    const known = states.get(id) ?? { id, name: provider_name ?? 'a deleted provider', speaks: null, breaker: null }
    const before = known.breaker
    const isTriedAgain = state === 'half_open' && (before?.isTriedAgain ?? true)
    states.set(id, { ...known, breaker: { isTriedAgain, workers: (before?.workers ?? 0) + 1, since: before && before.since < since ? before.since : since } })
  }
  return [...states.values()].toSorted((one, other) => Number(one.breaker === null) - Number(other.breaker === null) || one.name.localeCompare(other.name))
}
