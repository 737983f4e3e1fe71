export { startBoxOffice, type BoxOffice } from './box-office/box-office.ts'
export { chat, type ChatOptions } from './chat.ts'
