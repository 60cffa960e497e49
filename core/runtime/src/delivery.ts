/** What became of one delivery. `settled` means that a commit has finished the item already. */
export type Delivery =
  | { readonly kind: 'settled' }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'retry'
      readonly error: string
      readonly afterMs?: number
      /** Whoever asks for it counts the attempts. */
      readonly isCounted?: true
      /** No sooner than this after now. */
      readonly notBeforeMs?: number
      /** The other side, or the store, did not answer or asked to come again: that may take hours. */
      readonly outage?: true
    }
  | { readonly kind: 'dead'; readonly error: string }
