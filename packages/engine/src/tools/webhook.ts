// Temporary, until the real one is here: replace this file.
import type { Tool } from './tool.ts'
export function createWebhookTool(_d: unknown, _o: unknown): Tool { throw new Error('not there yet') }
