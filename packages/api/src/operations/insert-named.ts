import { AppError, type Agent } from '@reprise/contract'
import { insertAgent, listAgentNames, type NewAgent } from '@reprise/store'
import type { Services } from '../services.ts'

/** As often as others may take the same name in between. */
const attemptsMax = 10
const nameCharactersMax = 64

/** Inserts an agent under the wanted name, with `mark` at its end, or the first with `-2`, `-3` … behind it that is free. */
export async function insertNamed({ db }: Services, agent: Omit<NewAgent, 'name'>, wanted: string, mark = ''): Promise<Agent> {
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    // Of a long name, the beginning that every variation of it has.
    const taken = await listAgentNames(db, agent.organization_id, wanted.slice(0, nameCharactersMax / 2))
    const inserted = await insertAgent(db, { ...agent, name: findFreeName(wanted, mark, taken) })
    if (inserted) return inserted
  }
  throw new AppError('overloaded', { message: 'Many others are creating agents of this name', retryAfterSeconds: 1 })
}

function findFreeName(wanted: string, mark: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const end = count === 1 ? mark : `${mark}-${count}`
    const name = wanted.slice(0, nameCharactersMax - end.length).replace(/-+$/, '') + end
    if (!taken.has(name)) return name
  }
}
