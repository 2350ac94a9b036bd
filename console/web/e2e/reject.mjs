// A rejection with a coded reason, taken back, and made again: the keyboard's other road.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()

test('an officer rejects a candidate with a coded reason and can take it back', { skip: target === null, timeout: 420_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    const { id } = await openCandidate(page)

    await page.keyboard.press('x')
    await page.locator('[data-test=reject-codes]').waitFor()
    await desk.shot('reject')
    const first = await decideBy(page, id, () => page.keyboard.press('4'))
    assert.equal(first.sent.reason, 'moving_vendor')
    assert.equal(first.made.state, 'rejected')
    step('x, then 4: rejected as a vendor passing through')
    await page.locator('[data-test=reject-codes]').waitFor({ state: 'hidden' })

    await page.locator('[data-test=undo]:not([disabled])').waitFor()
    const back = await decideBy(page, id, () => page.keyboard.press('u'))
    assert.equal(back.made.state, 'open')
    step('u took it back: it is open again')

    await page.locator(`[data-test=row][data-id="${id}"][aria-selected=true]`).waitFor()
    await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
    await page.keyboard.press('x')
    await page.locator('[data-test=reject-codes]').waitFor()
    const again = await decideBy(page, id, () => page.keyboard.press('1'))
    assert.equal(again.sent.reason, 'not_a_violation')
    assert.ok(again.sent.seen_version > first.sent.seen_version, 'the decision names the newer version')
    step('x, then 1: rejected for good')
  })
})
