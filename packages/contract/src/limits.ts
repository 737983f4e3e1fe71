/** Every bound of the wire contract, in one place. Bytes are UTF-8 bytes unless the name says otherwise. */
export const limits = {
  messageBodyBytesMax: 32 * 1024 * 1024,
  jsonBodyBytesMax: 1024 * 1024,
  imageBytesMax: 20 * 1024 * 1024,
  /** Width × height, summed over all frames of an animation. */
  imagePixelsMax: 40_000_000,
  thumbnailEdgePixelsMax: 200,
  textPartBytesMax: 1024 * 1024,
  contentPartsMax: 100,
  metadataBytesMax: 16 * 1024,
  tagsMax: 50,
  tagCharactersMax: 256,
  titleCharactersMax: 512,
  headerBytesMax: 8 * 1024,
  jsonDepthMax: 64,
  /** Of a tool's `parameters`, as JSON. */
  toolSchemaBytesMax: 64 * 1024,
  toolSchemaDepthMax: 48,
  /** What a model may pass to a tool, as JSON. */
  toolArgumentsBytesMax: 1024 * 1024,
  idempotencyKeyCharactersMax: 255,
  turnsWaitingMax: 100,
  /** Of one organization. */
  schedulesMax: 1000,
  webhooksMax: 50,
  cronCharactersMax: 100,
  scheduleErrorCharactersMax: 500,
  eventTypesPerFilterMax: 64,
  /** On each side of the event that a list is asked around. */
  eventWindowMax: 499,
  /** Of what a list is searched for. */
  searchCharactersMax: 256,
  /** So much of a message's text is searched. */
  searchedBytesMax: 200 * 1024,
  pageSizeMax: 1000,
  pageSizeDefault: 100,
  /** `?images=inline` puts whole images into a page, so such a page is short. */
  inlineImagesPageSizeMax: 10,
  waitTimeoutMsDefault: 120_000,
  waitTimeoutMsMax: 600_000,
  iterationsDefault: 20,
  iterationsMax: 200,
  /** Of a tool's result as JSON. What is longer is kept whole elsewhere, and its message has the beginning. */
  toolResultInlineBytesMax: 256 * 1024,
  toolResultBytesMax: 64 * 1024 * 1024,
  toolResultImagesMax: 20,
  /** A body above this is parsed, validated and decoded on a thread, never on the main one. */
  mainThreadBodyBytesMax: 64 * 1024,
  /** What an organization may set for itself: as much as it wants, in practice, and nothing that overflows. */
  turnsRunningLimitMax: 100_000,
  streamsOpenLimitMax: 1_000_000,
  deltasKeptHoursMin: 24,
  deltasKeptHoursMax: 87_600,
  eventsKeptDaysMax: 3_650,
  idempotencyKeysKeptHoursMin: 24,
  idempotencyKeysKeptHoursMax: 8_760,
} as const
