import type { MessageBody } from '@reprise/compute'
import type { UploadedFile } from '../operations/upload-image.ts'
import type { Caller, Services } from '../services.ts'
import type { MessageAddress } from './message-address.ts'

/** What a procedure is given. Bodies are read when a procedure asks for its input, by the same readers as REST's. */
export interface Context {
  services: Services
  caller: Caller
  /** Aborted when the caller goes away. */
  signal: AbortSignal
  readInput(): Promise<unknown>
  readMessage(): Promise<{ address: MessageAddress; body: MessageBody }>
  readUpload(): Promise<UploadedFile>
}
