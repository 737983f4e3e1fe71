import type { Model } from '@reprise/contract'
import type { Database } from '../database.ts'

const select = `SELECT m.id, m.organization_id, m.provider_id, p.type AS provider_type, m.model, m.display_name, m.context_window,
  m.supports_images, m.supports_tools, coalesce(o.default_model_id = m.id, false) AS is_default, m.enabled, m.created_at, m.updated_at
FROM models m
JOIN providers p ON p.organization_id = m.organization_id AND p.id = m.provider_id
JOIN organizations o ON o.id = m.organization_id`

export async function listModels(db: Database, organizationId: string): Promise<Model[]> {
  const { rows } = await db.query<Model>({
    name: 'list_models',
    text: `/* listModels */ ${select} WHERE m.organization_id = $1 ORDER BY m.created_at, m.id`,
    values: [organizationId],
  })
  return rows
}

export async function readModel(db: Database, organizationId: string, modelId: string): Promise<Model | null> {
  const { rows } = await db.query<Model>({
    name: 'read_model',
    text: `/* readModel */ ${select} WHERE m.organization_id = $1 AND m.id = $2`,
    values: [organizationId, modelId],
  })
  return rows[0] ?? null
}
