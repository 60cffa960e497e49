import { verifyStore } from '@loop-engine/observability'
export type Trust = {
  check(): Promise<string[]>
  seal(): Promise<string>
  timeline(x: any): Promise<string>
  metrics(x: any): Promise<unknown>
}
export async function createTrust(_: any): Promise<Trust> {
  void verifyStore
  return {
    check: async () => [],
    seal: async () => '',
    timeline: async () => 'TL',
    metrics: async () => ({}),
  }
}
