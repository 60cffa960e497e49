export { createEmailChannel, type EmailChannel } from './email.ts'
export type { EmailOptions, FindRecipients, Recipient } from './options.ts'
