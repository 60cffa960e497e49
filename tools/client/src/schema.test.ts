import { openApiOf, routes } from '@loop-engine/server'
import { expect, test } from 'vitest'

import { printTypes } from './print-types.fixture.ts'

test("the types are those of the server's document", async () => {
  const { components } = openApiOf(routes)

  await expect(printTypes(components?.schemas ?? {})).toMatchFileSnapshot('schema.ts')
})
