import { isLoopError, type Page } from '@loop-engine/core'

/** The code of the LoopError with which a call ends; a sentence if it ends in another way. */
export async function codeOf(answer: Promise<unknown> | undefined): Promise<string> {
  try {
    await answer
    return 'no error'
  } catch (error) {
    return isLoopError(error) ? error.code : `not a LoopError: ${String(error)}`
  }
}

/** The items of all pages of a list. */
export async function everyPage<Item>(
  read: (cursor?: string) => Promise<Page<Item>>,
): Promise<Item[]> {
  const seen: Item[] = []
  let page = await read()
  for (;;) {
    seen.push(...page.items)
    if (page.cursor === undefined) return seen
    if (seen.length > 1000) throw new Error('The pages never end.')
    page = await read(page.cursor)
  }
}
