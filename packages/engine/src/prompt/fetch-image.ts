import type { Compute } from '@reprise/compute'
import { limits } from '@reprise/contract'
import { EgressFault, EgressRefused } from '../egress/egress-errors.ts'
import type { Egress } from '../egress/egress.ts'
import type { ImageLimits, LoadedImage } from '../models/model-provider.ts'
import { runPatiently } from '../run-patiently.ts'

export interface FetchServices {
  egress: Egress
  compute: Compute
}

/** Why there is none is said to the model, in words that name no address: a redirect may have led anywhere. */
export type FetchedImage = { ok: true; image: LoadedImage } | { ok: false; reason: string }

const redirectsMax = 3

/** Fetches the image of a url, checks it like one that was uploaded, and fits it. Rejects only with the signal's reason. */
export async function fetchImage({ egress, compute }: FetchServices, url: string, images: ImageLimits, timeoutMs: number, signal: AbortSignal): Promise<FetchedImage> {
  const headers = { accept: images.mediaTypes.join(', ') }
  try {
    const { status, bytes, isCut } = await egress.request(url, { headers, signal, timeoutMs, responseBytesMax: limits.imageBytesMax, redirectsMax })
    if (status !== 200) return { ok: false, reason: `the server answered with status ${status}` }
    if (isCut) return { ok: false, reason: `it is larger than ${limits.imageBytesMax / 1024 / 1024} MiB` }
    const checked = await runPatiently(() => compute.checkImage(bytes, { signal }), signal)
    if (!checked.ok) return refuse(checked.refusal)
    const fitted = await runPatiently(() => compute.fitImage(checked.value.bytes, { bounds: images, signal }), signal)
    return fitted.ok ? { ok: true, image: fitted.value } : refuse(fitted.refusal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof EgressRefused) return { ok: false, reason: 'requests to its address are refused' }
    if (error instanceof EgressFault) return { ok: false, reason: 'its server did not answer as it should' }
    throw error
  }
}

function refuse({ code, message }: { code: string; message: string }): FetchedImage {
  return { ok: false, reason: code === 'invalid_image' ? `it ${message}` : 'the server is too busy' }
}
