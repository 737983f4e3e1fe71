import { ensureBuilt } from '@reprise/console'
import type { Log } from '../log.ts'

/** Gives the folder of the built console, once it is there. Null: it could not be built, the log says why, and the next who asks has it tried again. */
export function createConsoleBuild(log: Pick<Log, 'error'>, makeBuild: () => Promise<string> = ensureBuilt): () => Promise<string | null> {
  let building: Promise<string | null> | null = null
  async function build(): Promise<string | null> {
    try {
      return await makeBuild()
    } catch (err) {
      log.error({ err }, 'the console could not be built')
      building = null
      return null
    }
  }
  return () => (building ??= build())
}
