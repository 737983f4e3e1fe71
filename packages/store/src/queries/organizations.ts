import type { Organization, UpdateOrganizationRequest } from '@reprise/contract'
import type { Database, DatabasePool } from '../database.ts'
import { holdDefaultModel } from './hold-default-model.ts'
import { readModel } from './models.ts'

export async function readOrganization(db: Database, organizationId: string): Promise<Organization | null> {
  const { rows } = await db.query<Organization>({
    name: 'read_organization',
    text: `/* readOrganization */
SELECT id, name, default_model_id, turns_running_max, streams_open_max, deltas_kept_hours, events_kept_days,
  idempotency_keys_kept_hours, created_at, updated_at
FROM organizations WHERE id = $1`,
    values: [organizationId],
  })
  return rows[0] ?? null
}

/** Changes what is given; nothing, if it names a default model that cannot answer. */
export async function changeOrganization(pool: Database & DatabasePool, organizationId: string, changes: UpdateOrganizationRequest): Promise<'changed' | 'unknown_model'> {
  const { default_model_id } = changes
  if (default_model_id === undefined) {
    await updateOrganization(pool, organizationId, changes)
    return 'changed'
  }
  return await holdDefaultModel(pool, organizationId, async (transaction) => {
    const model = await readModel(transaction, organizationId, default_model_id)
    if (!model?.enabled) return 'unknown_model'
    await updateOrganization(transaction, organizationId, changes)
    return 'changed'
  })
}

async function updateOrganization(db: Database, organizationId: string, changes: UpdateOrganizationRequest): Promise<void> {
  await db.query({
    name: 'update_organization',
    text: `/* updateOrganization */
UPDATE organizations o SET (
  name, default_model_id, turns_running_max, streams_open_max, deltas_kept_hours, events_kept_days, idempotency_keys_kept_hours
) = (
  SELECT c.name, c.default_model_id, c.turns_running_max, c.streams_open_max, c.deltas_kept_hours, c.events_kept_days,
    c.idempotency_keys_kept_hours
  FROM json_populate_record(o, $2::json) c
), updated_at = now()
WHERE o.id = $1`,
    values: [organizationId, JSON.stringify(changes)],
  })
}
