import { deleteImage } from '../operations/delete-image.ts'
import { getImageInput } from '../operations/get-image.ts'
import { listImages, listImagesInput } from '../operations/list-images.ts'
import { uploadImage } from '../operations/upload-image.ts'
import { checked, declared, procedure, rawProcedure, router } from './procedures.ts'

export const images = router({
  /** The uploaded ones, newest first. */
  list: procedure.input(checked(listImagesInput)).query(({ ctx, input }) => listImages(ctx.services, ctx.caller, input)),
  /** A form with the field `file`, as on REST. The bytes come back from `GET /v1/images/{id}`. */
  upload: rawProcedure.input(declared<FormData>()).mutation(async ({ ctx }) => uploadImage(ctx.services, ctx.caller, await ctx.readUpload(), ctx.signal)),
  delete: procedure.input(checked(getImageInput)).mutation(({ ctx, input }) => deleteImage(ctx.services, ctx.caller, input)),
})
