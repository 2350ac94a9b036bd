/** Why a picture or a clip is not shown: an image element tells nothing, the server does. */
import { isRecord } from '@/api/problem'

const REASONS = ['not_yet_there', 'store_away', 'evidence_changed'] as const
export type NotShown = (typeof REASONS)[number]

/** Asks for the same address once more (it is the same look); `null` where the reason is not one of the evidence store. */
export async function whyNotShown(src: string): Promise<NotShown | null> {
  try {
    const answer = await fetch(src, { headers: { range: 'bytes=0-0' } })
    if (answer.ok) return null
    const body: unknown = await answer.json()
    const code = isRecord(body) && isRecord(body.error) ? body.error.code : null
    return REASONS.find((reason) => reason === code) ?? null
  } catch {
    return null
  }
}
