/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
declare module '*.css'
declare module '*.svg' {
  export const url: string
}
