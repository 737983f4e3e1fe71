import type { Database } from '../database.ts'
import type { TurnModel } from './sessions.ts'
import { turnModelJson } from './turn-model.ts'

/** A model of the organization as turns know it, enabled or not. Null when there is no such. */
export async function readTurnModel(db: Database, organizationId: string, modelId: string): Promise<TurnModel | null> {
  const { rows } = await db.query<{ model: TurnModel }>({
    text: `/* readTurnModel */
SELECT ${turnModelJson} AS model
FROM models m JOIN providers p ON p.organization_id = m.organization_id AND p.id = m.provider_id
WHERE m.organization_id = $1 AND m.id = $2 AND m.deleted_at IS NULL`,
    values: [organizationId, modelId],
  })
  return rows[0]?.model ?? null
}
