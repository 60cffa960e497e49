/** How one delivery ended. `settled` means that a commit has finished the item already. */
export type Delivery =
  | { readonly kind: 'settled' }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry'
      readonly error: string
      readonly afterMs?: number
      /** The caller counts the attempts itself, so `maxAttempts` does not end them. */
      readonly isCounted?: true
      /** The least pause. */
      readonly notBeforeMs?: number
      /** The other side, or the store, is away or asked us to wait: it is tried for as long as `maxNotifications` allows. */
      readonly outage?: true
    }
  | { readonly kind: 'dead'; readonly error: string }
