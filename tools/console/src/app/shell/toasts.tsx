import { Alert, AlertActionCloseButton, AlertGroup } from '@patternfly/react-core'
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react'

export interface Toast {
  readonly variant: 'success' | 'info' | 'warning' | 'danger'
  readonly title: string
}

const ToastContext = createContext<(toast: Toast) => void>(() => undefined)

/** Tells what came of an action, wherever the person is by then. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext)
}

export function ToastProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly (Toast & { readonly key: number })[]>([])
  const add = useCallback(
    (toast: Toast) =>
      setToasts((before) => [{ ...toast, key: (before[0]?.key ?? 0) + 1 }, ...before.slice(0, 3)]),
    [],
  )
  const drop = (key: number): void =>
    setToasts((before) => before.filter((toast) => toast.key !== key))
  return (
    <ToastContext value={add}>
      {children}
      <AlertGroup isToast isLiveRegion aria-label="What happened">
        {toasts.map(({ key, variant, title }) => (
          <Alert
            key={key}
            variant={variant}
            title={title}
            component="h2"
            timeout={variant === 'success' || variant === 'info' ? 8000 : false}
            onTimeout={() => drop(key)}
            actionClose={<AlertActionCloseButton onClose={() => drop(key)} />}
          />
        ))}
      </AlertGroup>
    </ToastContext>
  )
}
