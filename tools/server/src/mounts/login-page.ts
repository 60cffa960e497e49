/** Exchanges the token of a login link for a session. The token stands behind the `#`, so no server or log sees it. */
export const loginPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Loop Engine: log in</title>
<link rel="stylesheet" href="/login.css">
<script type="module" src="/login.js"></script>
<main>
<h1>Loop Engine</h1>
<p id="told" role="status">This link logs you in once.</p>
<button id="login" type="button" hidden>Log in</button>
<noscript>This page needs JavaScript.</noscript>
</main>
</html>
`

// System colours: the device chooses light or dark, and the contrast.
export const loginStyle = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
main { margin: 20vh auto 0; max-width: 24rem; padding: 1rem }
h1 { font-size: 1.4rem; line-height: 1.25 }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.25rem; cursor: pointer }
:focus-visible { outline: 3px solid; outline-offset: 2px }
`

// A person must press a button: programs that open links to preview them would otherwise spend the token.
export const loginScript = `const told = document.querySelector('#told')
const button = document.querySelector('#login')
const token = new URLSearchParams(location.hash.slice(1)).get('token')
history.replaceState(null, '', '/login')
if (token) button.hidden = false
else told.textContent = 'This page needs the link that the server printed.'
button.addEventListener('click', async () => {
  button.disabled = true
  const response = await fetch('/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  }).catch(() => undefined)
  if (response?.ok) location.replace('/')
  else if (response?.status === 401)
    told.textContent = 'The link was used already, or has expired. Ask whoever runs the server for a new one.'
  else if (response?.status === 403)
    told.textContent = 'The server does not know this address as its own, so you cannot log in here. Whoever runs the server can name the address with --public-url.'
  else {
    // The server is busy or away, and the link may still be good. It is no longer in the address bar, so offer to try again.
    told.textContent = 'The server could not log you in. Try again in a moment.'
    button.disabled = false
  }
})
`
