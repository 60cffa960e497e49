/** Where channels posted a request, as JSON by channel. Beside the body, so that no commit takes it away. */
export function messagesV4(schema: string): string {
  return `
ALTER TABLE ${schema}.approval ADD COLUMN messages text;
`
}
