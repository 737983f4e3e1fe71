/** What the lists of workflows and dead letters have in common, where `t` is the turn. */

/** The words of what broke inside may name hosts, files and queries: they are for the log. */
export const shownError = `CASE WHEN t.error_code <> 'internal_error' THEN t.error END AS error`

/** A session that was deleted takes its turns along. What a fork has copied was no work of its own. */
export const isOfSession = `t.copy_of IS NULL AND NOT EXISTS (SELECT FROM session_heads h WHERE h.session_id = t.session_id AND h.deleted_at IS NOT NULL)`
