import { useEffect, useLayoutEffect, useRef } from 'react'

const setting = 'loop-engine.keys'

/** Whether single keys do something here; people who speak to their computer turn that off. */
export function keysAreOn(): boolean {
  return localStorage.getItem(setting) !== 'off'
}

export function turnKeys(on: boolean): void {
  localStorage.setItem(setting, on ? 'on' : 'off')
}

/** Does what belongs to a key, unless somebody is writing, or a dialog or menu is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const latest = useRef(keys)
  // As soon as the page shows what they are about.
  useLayoutEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
      if (event.defaultPrevented || isBusy(event.target) || !keysAreOn()) return
      const act = latest.current[event.key]
      if (!act) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

function isBusy(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="menu"]')) return true
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"]), textarea, select, [contenteditable]') !== null
  )
}
