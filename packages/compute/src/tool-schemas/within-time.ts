import { createContext, Script } from 'node:vm'

let work: () => unknown = () => null
const script = new Script('work()')
const context = createContext({ work: () => work() })

/**
 * Ends work that takes too long, a regular expression or a loop of generated code, and lets the thread live: the time
 * counts from here, not from when the thread was started. For one task at a time, and none that awaits.
 */
export function withinTime<T>(given: () => T, timeoutMs: number): { inTime: true; value: T } | { inTime: false } {
  work = given
  try {
    return { inTime: true, value: script.runInContext(context, { timeout: timeoutMs }) as T } // what `work` returns
  } catch (error) {
    // It comes from the script's own realm, so it is no instance of this one's Error.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return { inTime: false }
    throw error
  }
}
