import type { RepriseClient } from './create-reprise-client.ts'
import { retryCall, type RetryOptions } from './retry-call.ts'

/** Uploads a PNG, JPEG, GIF or WebP of at most 20 MiB and 40 megapixels; `{ type: 'image_file', image_id: id }` puts it into messages. Tried again like a message. */
export async function uploadImage(client: RepriseClient, image: Blob, filename: string, options: RetryOptions = {}): Promise<Awaited<ReturnType<RepriseClient['images']['upload']['mutate']>>> {
  const form = new FormData()
  form.set('file', image, filename)
  return await retryCall(() => client.images.upload.mutate(form, { signal: options.signal }), options)
}
