import type { Agent } from '@reprise/contract'
import { insertAgent, listAgentNames, type NewAgent } from '@reprise/store'
import type { Services } from '../services.ts'
import { retryWhileStale } from './retry-while-stale.ts'

const nameCharactersMax = 64

/** Inserts an agent under the wanted name, with `mark` at its end, or the first with `-2`, `-3` … behind it that is free. */
export async function insertNamed({ db }: Services, agent: Omit<NewAgent, 'name'>, wanted: string, mark = ''): Promise<Agent> {
  return await retryWhileStale('Many others are creating agents of this name', async () => {
    // Of a long name, the beginning that every variation of it has.
    const taken = await listAgentNames(db, agent.organization_id, wanted.slice(0, nameCharactersMax / 2))
    return await insertAgent(db, { ...agent, name: findFreeName(wanted, mark, taken) })
  })
}

function findFreeName(wanted: string, mark: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const end = count === 1 ? mark : `${mark}-${count}`
    const name = wanted.slice(0, nameCharactersMax - end.length).replace(/-+$/, '') + end
    if (!taken.has(name)) return name
  }
}
