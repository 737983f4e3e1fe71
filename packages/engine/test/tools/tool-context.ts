import type { ToolContext } from '../../src/tools/tool.ts'

export function toolContext(changes: Partial<ToolContext> = {}): ToolContext {
  return {
    organization_id: 'org_1',
    session_id: 'sess_1',
    turn_id: 'turn_1',
    tool_call_id: 'call_1',
    idempotency_key: 'turn_1:call_1',
    attempt: 1,
    signal: new AbortController().signal,
    transaction: null,
    progress: () => {},
    ...changes,
  }
}
