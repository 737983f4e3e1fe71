/** A TurnModel, for every query that reads models as `m` and their providers as `p`. */
export const turnModelJson = `json_build_object(
    'id', m.id, 'model', m.model, 'provider_id', p.id, 'provider_type', p.type, 'provider_version', p.version,
    'context_window', m.context_window, 'max_output_tokens', m.max_output_tokens, 'supports_images', m.supports_images,
    'supports_tools', m.supports_tools, 'compaction', m.compaction, 'prices', m.prices
  )`
