/** Helps a test to use a page like a browser without scripts: it reads forms, fills them in and sends them. */
export interface PageForm {
  readonly fields: Readonly<Record<string, string>>
}

const field = /<input[^>]*type="hidden"[^>]*name="([^"]*)"[^>]*value="([^"]*)"[^>]*>/g

/** The forms of a page, with their hidden fields. */
export function formsOf(page: string): readonly PageForm[] {
  return page
    .split('<form')
    .slice(1)
    .map((form) => ({
      fields: Object.fromEntries(
        [...form.matchAll(field)].map(([, name = '', value = '']) => [name, value]),
      ),
    }))
}

/** The form that approves or rejects, filled in; undefined if the page has none. */
export function fillIn(
  page: string,
  decision: 'approve' | 'reject',
  reason = 'as agreed',
): Record<string, string> | undefined {
  const form = formsOf(page).find(({ fields }) => fields['decision'] === decision)
  return form && { ...form.fields, reason, ...(decision === 'approve' && { confirm: 'yes' }) }
}

export function send(url: string, fields: Readonly<Record<string, string>>): Request {
  return new Request(url, { method: 'POST', body: new URLSearchParams(fields) })
}
