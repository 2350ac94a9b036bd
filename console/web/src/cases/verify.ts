/** Recomputes evidence digests in the officer's own browser: the server's word is compared, not believed. */

export async function sha256Hex(data: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export type Verdict =
  | { state: 'same'; computed: string; bytes: number }
  | { state: 'differs'; computed: string; bytes: number }
  | { state: 'unreachable'; status: number | null }

/** Fetches `url` and compares its bytes with `expected` (hex, any case). `unreachable` when there is nothing to compare. */
export async function verify(url: string, expected: string, get: typeof fetch = fetch): Promise<Verdict> {
  let response: Response
  try {
    // Past any cache: what matters is what the store holds now.
    response = await get(url, { cache: 'no-store', credentials: 'same-origin' })
  } catch {
    return { state: 'unreachable', status: null }
  }
  if (!response.ok) return { state: 'unreachable', status: response.status }
  const data = await response.arrayBuffer()
  const computed = await sha256Hex(data)
  const state = computed === expected.toLowerCase() ? 'same' : 'differs'
  return { state, computed, bytes: data.byteLength }
}
