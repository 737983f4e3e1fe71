import { fieldError } from '../errors/to-app-error.ts'
import type { Services } from '../services.ts'

/** Refuses a webhook that no event could be posted to. Names are judged again whenever one is looked up. */
export function checkWebhookUrl({ engine }: Services, url: string): void {
  const problem = engine.describeUrlProblem(url)
  if (problem) throw fieldError('invalid_request', 'url', problem)
}
