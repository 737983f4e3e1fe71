import { useSyncExternalStore } from 'react'

/** Whether the server could be reached when it was last called. */
class Connection {
  #isReachable = true
  readonly #watchers = new Set<(isReachable: boolean) => void>()

  constructor() {
    // A network that goes away breaks no connection that waits for something to come.
    window.addEventListener('offline', () => this.#set(false))
  }

  get isReachable(): boolean {
    return this.#isReachable
  }

  /** Calls back with each change, until the function that it gives is called. */
  watch(watcher: (isReachable: boolean) => void): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** A call to the server, whose outcome is noted. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    try {
      const response = await fetch(input, init)
      this.#set(true)
      return response
    } catch (error) {
      if (!init?.signal?.aborted) this.#set(false)
      throw error
    }
  }

  #set(isReachable: boolean): void {
    if (isReachable === this.#isReachable) return
    this.#isReachable = isReachable
    for (const tell of this.#watchers) tell(isReachable)
  }
}

export const connection = new Connection()

/** False from the first call that did not reach the server, until one does. */
export function useIsReachable(): boolean {
  return useSyncExternalStore((listener) => connection.watch(listener), () => connection.isReachable)
}
