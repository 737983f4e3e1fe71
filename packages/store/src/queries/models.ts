import type { CreateModelRequest, Model, UpdateModelRequest } from '@reprise/contract'
import type { Database, DatabasePool } from '../database.ts'
import { holdDefaultModel } from './hold-default-model.ts'

export type NewModel = Omit<CreateModelRequest, 'is_default'> & Pick<Model, 'id' | 'organization_id' | 'provider_id'>

const select = `SELECT m.id, m.organization_id, m.provider_id, p.type AS provider_type, m.model, m.display_name, m.context_window,
  m.max_output_tokens, m.supports_images, m.supports_tools, m.prices, m.compaction, m.enabled,
  coalesce(o.default_model_id = m.id, false) AS is_default, m.created_at, m.updated_at
FROM models m
JOIN providers p ON p.organization_id = m.organization_id AND p.id = m.provider_id
JOIN organizations o ON o.id = m.organization_id`

/** An organization's models, or those of one of its providers. */
export async function listModels(db: Database, organizationId: string, providerId: string | null = null): Promise<Model[]> {
  const { rows } = await db.query<Model>({
    name: 'list_models',
    text: `/* listModels */ ${select}
WHERE m.organization_id = $1 AND ($2::text IS NULL OR m.provider_id = $2) AND m.deleted_at IS NULL ORDER BY m.created_at, m.id`,
    values: [organizationId, providerId],
  })
  return rows
}

export async function readModel(db: Database, organizationId: string, modelId: string): Promise<Model | null> {
  const { rows } = await db.query<Model>({
    name: 'read_model',
    text: `/* readModel */ ${select} WHERE m.organization_id = $1 AND m.id = $2 AND m.deleted_at IS NULL`,
    values: [organizationId, modelId],
  })
  return rows[0] ?? null
}

/** False when the provider is not there. It stays there until the model is stored. */
export async function insertModel(db: Database, model: NewModel): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert_model',
    text: `/* insertModel */
INSERT INTO models (
  organization_id, id, provider_id, model, display_name, context_window, max_output_tokens, supports_images, supports_tools,
  prices, compaction, enabled
)
SELECT p.organization_id, $2, p.id, $4, $5, $6, $7, $8, $9, $10, $11, $12
FROM providers p WHERE p.organization_id = $1 AND p.id = $3 AND p.deleted_at IS NULL FOR SHARE`,
    values: [
      model.organization_id, model.id, model.provider_id, model.model, model.display_name, model.context_window, model.max_output_tokens,
      model.supports_images, model.supports_tools, model.prices && JSON.stringify(model.prices), model.compaction, model.enabled,
    ],
  })
  return rowCount === 1
}

/** As `insertModel`, and makes the model the default in the same transaction. */
export async function insertDefaultModel(pool: DatabasePool, model: NewModel): Promise<boolean> {
  return await holdDefaultModel(pool, model.organization_id, async (transaction) => {
    if (!(await insertModel(transaction, model))) return false
    await setDefaultModel(transaction, model.organization_id, model.id)
    return true
  })
}

/** Why a model was not changed: the default has to be able to answer, and gives way to another only. */
export type ModelRefusal = 'not_found' | 'disabled_for_default' | 'default_given_up' | 'default_disabled'

/** Changes a model and makes it the default, if that leaves a default that can answer; else changes nothing. */
export async function changeModel(pool: DatabasePool, organizationId: string, modelId: string, { is_default, ...changes }: UpdateModelRequest): Promise<'changed' | ModelRefusal> {
  return await holdDefaultModel(pool, organizationId, async (transaction) => {
    const model = await readModel(transaction, organizationId, modelId)
    if (!model) return 'not_found'
    const { enabled = model.enabled } = changes
    if (is_default && !enabled) return 'disabled_for_default'
    if (is_default === false && model.is_default) return 'default_given_up'
    if (model.is_default && !enabled) return 'default_disabled'
    await updateModel(transaction, organizationId, modelId, changes)
    if (is_default) await setDefaultModel(transaction, organizationId, modelId)
    return 'changed'
  })
}

/** Changes what is given and leaves the rest. */
export async function updateModel(db: Database, organizationId: string, modelId: string, changes: Omit<UpdateModelRequest, 'is_default'>): Promise<void> {
  await db.query({
    name: 'update_model',
    text: `/* updateModel */
UPDATE models m SET (
  display_name, context_window, max_output_tokens, supports_images, supports_tools, prices, compaction, enabled
) = (
  SELECT c.display_name, c.context_window, c.max_output_tokens, c.supports_images, c.supports_tools, c.prices,
    c.compaction, c.enabled
  FROM json_populate_record(m, $3::json) c
), updated_at = now()
WHERE m.organization_id = $1 AND m.id = $2 AND m.deleted_at IS NULL`,
    values: [organizationId, modelId, JSON.stringify(changes)],
  })
}

/** Makes a model the one that answers where nobody names one, if it can. */
export async function setDefaultModel(db: Database, organizationId: string, modelId: string): Promise<void> {
  await db.query({
    name: 'set_default_model',
    text: `/* setDefaultModel */
UPDATE organizations o SET default_model_id = m.id
FROM models m WHERE o.id = $1 AND m.organization_id = o.id AND m.id = $2 AND m.enabled AND m.deleted_at IS NULL`,
    values: [organizationId, modelId],
  })
}

/** The model that answers where neither message, session nor agent names one. */
export async function readDefaultModel(db: Database, organizationId: string): Promise<Model | null> {
  const { rows } = await db.query<Model>({
    name: 'read_default_model',
    text: `/* readDefaultModel */ ${select} WHERE m.organization_id = $1 AND m.id = o.default_model_id AND m.deleted_at IS NULL`,
    values: [organizationId],
  })
  return rows[0] ?? null
}

/** Who names a model, so that it cannot be deleted. */
export type ModelHolder = 'organization' | 'agent' | 'session'

/**
 * Takes a model away, unless the organization's default, an active agent or a session names it; answers who does.
 * Turns do not hold it: its row stays for those that have begun.
 */
export async function deleteModel(pool: DatabasePool, organizationId: string, modelId: string): Promise<'deleted' | 'not_found' | ModelHolder> {
  const { rows } = await holdDefaultModel(pool, organizationId, (transaction) => transaction.query<{ outcome: 'deleted' | ModelHolder }>({
    name: 'delete_model',
    text: `/* deleteModel */
WITH found AS (
  SELECT m.organization_id, m.id, CASE
    WHEN EXISTS (SELECT FROM organizations o WHERE o.id = m.organization_id AND o.default_model_id = m.id) THEN 'organization'
    WHEN EXISTS (SELECT FROM agents a WHERE a.organization_id = m.organization_id AND a.default_model_id = m.id AND a.status = 'active') THEN 'agent'
    WHEN EXISTS (
      SELECT FROM sessions s JOIN session_heads h ON h.session_id = s.id
      WHERE s.organization_id = m.organization_id AND s.model_id = m.id AND h.deleted_at IS NULL
    ) THEN 'session'
  END AS holder
  FROM models m WHERE m.organization_id = $1 AND m.id = $2 AND m.deleted_at IS NULL
),
deleted AS (
  UPDATE models m SET deleted_at = now(), enabled = false, updated_at = now()
  FROM found f WHERE m.organization_id = f.organization_id AND m.id = f.id AND f.holder IS NULL
)
SELECT coalesce(holder, 'deleted') AS outcome FROM found`,
    values: [organizationId, modelId],
  }))
  return rows[0]?.outcome ?? 'not_found'
}
