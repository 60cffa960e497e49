import '@patternfly/react-core/dist/styles/base.css'
import './page.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App, readAhead } from './app.tsx'
import { followColorScheme } from './shell/color-scheme.ts'

const root = document.querySelector('#root')
if (root) {
  readAhead()
  followColorScheme(document.documentElement)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}
