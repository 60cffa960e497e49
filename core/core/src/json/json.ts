/** JSON data as RFC 8259 knows it; everything that is recorded is of this type. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [key: string]: JsonValue
}
