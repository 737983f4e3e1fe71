export { createChatTransport, type ChatTransportOptions } from './create-chat-transport.ts'
export { readTurnMetadata, type TurnMetadata } from './turn-metadata.ts'
