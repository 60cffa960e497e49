/** The body of a request, exactly as it was sent; null as soon as it is longer than `mostBytes`. */
export async function readBytes(
  { body }: Pick<Request, 'body'>,
  mostBytes: number,
): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > mostBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
