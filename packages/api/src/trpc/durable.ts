import { cancelWorkflow } from '../operations/cancel-workflow.ts'
import { drainWorker, drainWorkerInput } from '../operations/drain-worker.ts'
import { getDurableHealth } from '../operations/get-durable-health.ts'
import { getModelRequest, getModelRequestInput } from '../operations/get-model-request.ts'
import { getThroughput, getThroughputInput } from '../operations/get-throughput.ts'
import { getWorkflow, getWorkflowInput } from '../operations/get-workflow.ts'
import { listDeadLetters } from '../operations/list-dead-letters.ts'
import { listWorkers } from '../operations/list-workers.ts'
import { listWorkflowEvents, listWorkflowEventsInput } from '../operations/list-workflow-events.ts'
import { listWorkflows, listWorkflowsInput } from '../operations/list-workflows.ts'
import { pageInput } from '../operations/page.ts'
import { retryDeadLetter, retryDeadLetterInput } from '../operations/retry-dead-letter.ts'
import { parseEvent } from './events.ts'
import { checked, procedure, router } from './procedures.ts'

export const durable = router({
  health: procedure.query(({ ctx }) => getDurableHealth(ctx.services, ctx.caller)),
  throughput: procedure.input(checked(getThroughputInput)).query(({ ctx, input }) => getThroughput(ctx.services, ctx.caller, input)),

  workers: router({
    list: procedure.query(({ ctx }) => listWorkers(ctx.services, ctx.caller)),
    drain: procedure.input(checked(drainWorkerInput)).mutation(({ ctx, input }) => drainWorker(ctx.services, ctx.caller, input)),
  }),

  workflows: router({
    list: procedure.input(checked(listWorkflowsInput)).query(({ ctx, input }) => listWorkflows(ctx.services, ctx.caller, input)),
    get: procedure.input(checked(getWorkflowInput)).query(({ ctx, input }) => getWorkflow(ctx.services, ctx.caller, input)),
    events: procedure.input(checked(listWorkflowEventsInput)).query(async ({ ctx, input }) => {
      const { data, total } = await listWorkflowEvents(ctx.services, ctx.caller, input)
      return { data: data.map(({ json }) => parseEvent(json)), total }
    }),
    request: procedure.input(checked(getModelRequestInput)).query(({ ctx, input }) => getModelRequest(ctx.services, ctx.caller, input, ctx.signal)),
    cancel: procedure.input(checked(getWorkflowInput)).mutation(({ ctx, input }) => cancelWorkflow(ctx.services, ctx.caller, input)),
  }),

  dlq: router({
    list: procedure.input(checked(pageInput)).query(({ ctx, input }) => listDeadLetters(ctx.services, ctx.caller, input)),
    retry: procedure.input(checked(retryDeadLetterInput)).mutation(({ ctx, input }) => retryDeadLetter(ctx.services, ctx.caller, input)),
  }),
})
