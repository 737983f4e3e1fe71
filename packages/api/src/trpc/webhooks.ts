import { createWebhookRequest } from '@reprise/contract'
import { createWebhook } from '../operations/create-webhook.ts'
import { deleteWebhook } from '../operations/delete-webhook.ts'
import { getWebhook, getWebhookInput } from '../operations/get-webhook.ts'
import { listDeliveries, listDeliveriesInput } from '../operations/list-deliveries.ts'
import { listWebhooks } from '../operations/list-webhooks.ts'
import { pageInput } from '../operations/page.ts'
import { redeliver, redeliverInput } from '../operations/redeliver.ts'
import { rotateWebhookSecret } from '../operations/rotate-webhook-secret.ts'
import { testWebhook } from '../operations/test-webhook.ts'
import { updateWebhook, updateWebhookInput } from '../operations/update-webhook.ts'
import { checked, procedure, router } from './procedures.ts'

export const webhooks = router({
  list: procedure.input(checked(pageInput)).query(({ ctx, input }) => listWebhooks(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getWebhookInput)).query(({ ctx, input }) => getWebhook(ctx.services, ctx.caller, input)),
  create: procedure.input(checked(createWebhookRequest)).mutation(({ ctx, input }) => createWebhook(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateWebhookInput)).mutation(({ ctx, input }) => updateWebhook(ctx.services, ctx.caller, input)),
  delete: procedure.input(checked(getWebhookInput)).mutation(({ ctx, input }) => deleteWebhook(ctx.services, ctx.caller, input)),
  rotateSecret: procedure.input(checked(getWebhookInput)).mutation(({ ctx, input }) => rotateWebhookSecret(ctx.services, ctx.caller, input)),
  test: procedure.input(checked(getWebhookInput)).mutation(({ ctx, input }) => testWebhook(ctx.services, ctx.caller, input)),
  deliveries: procedure.input(checked(listDeliveriesInput)).query(({ ctx, input }) => listDeliveries(ctx.services, ctx.caller, input)),
  redeliver: procedure.input(checked(redeliverInput)).mutation(({ ctx, input }) => redeliver(ctx.services, ctx.caller, input)),
})
