import { uploadImage } from '../operations/upload-image.ts'
import { declared, rawProcedure, router } from './procedures.ts'

export const images = router({
  /** A form with the field `file`, as on REST. The bytes come back from `GET /v1/images/{id}`. */
  upload: rawProcedure.input(declared<FormData>()).mutation(async ({ ctx }) => uploadImage(ctx.services, ctx.caller, await ctx.readUpload(), ctx.signal)),
})
