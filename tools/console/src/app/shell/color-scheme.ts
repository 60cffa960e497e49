/** The library's dark theme is a class; people set theirs in the system. */
export function followColorScheme(page: HTMLElement): void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = (): void => void page.classList.toggle('pf-v6-theme-dark', dark.matches)
  dark.addEventListener('change', apply)
  apply()
}
