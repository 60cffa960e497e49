/** The library's dark theme is a class; people set theirs in the system. Paper is white. */
export function followColorScheme(page: HTMLElement): void {
  const dark = matchMedia('screen and (prefers-color-scheme: dark)')
  const apply = (): void => void page.classList.toggle('pf-v6-theme-dark', dark.matches)
  dark.addEventListener('change', apply)
  apply()
}
