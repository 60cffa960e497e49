export { createSlackChannel, type SlackChannel, type SlackOptions } from './slack.ts'
export type { ConsoleUrl } from './card/link.ts'
export type { SlackPeople } from './events/people.ts'
