import { createKeyRequest } from '@reprise/contract'
import { createKey } from '../operations/create-key.ts'
import { getKey, getKeyInput } from '../operations/get-key.ts'
import { listKeys } from '../operations/list-keys.ts'
import { pageInput } from '../operations/page.ts'
import { revokeKey } from '../operations/revoke-key.ts'
import { updateKey, updateKeyInput } from '../operations/update-key.ts'
import { checked, procedure, router } from './procedures.ts'

export const keys = router({
  list: procedure.input(checked(pageInput)).query(({ ctx, input }) => listKeys(ctx.services, ctx.caller, input)),
  get: procedure.input(checked(getKeyInput)).query(({ ctx, input }) => getKey(ctx.services, ctx.caller, input)),
  create: procedure.input(checked(createKeyRequest)).mutation(({ ctx, input }) => createKey(ctx.services, ctx.caller, input)),
  update: procedure.input(checked(updateKeyInput)).mutation(({ ctx, input }) => updateKey(ctx.services, ctx.caller, input)),
  revoke: procedure.input(checked(getKeyInput)).mutation(({ ctx, input }) => revokeKey(ctx.services, ctx.caller, input)),
})
