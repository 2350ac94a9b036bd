// An officer's day in small: see the evidence, tick the four items, confirm, open the case, check the digests. By keyboard.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()

test('an officer confirms a candidate by keyboard and verifies the case', { skip: target === null, timeout: 420_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    const { id, kind } = await openCandidate(page)

    await page.waitForFunction(() => ['first_seen', 'mid', 'trigger'].every((role) => (document.querySelector(`img[data-role=${role}]`)?.naturalWidth ?? 0) > 0))
    step('three stills are loaded: first seen, midway, trigger')

    const clip = await page.waitForFunction(() => {
      const video = document.querySelector('[data-test=clip]')
      if (video && video.readyState >= 2) return `plays, ${video.videoWidth}x${video.videoHeight}`
      return document.querySelector('[data-test=clip-fallback]') ? 'cannot be played here, and says so with a download' : false
    })
    step(`the clip ${await clip.jsonValue()}`)

    const boxes = () => page.locator('.strip svg polygon').count()
    assert.ok((await boxes()) > 0, 'boxes are drawn over the stills')
    await page.keyboard.press('b')
    await page.waitForFunction(() => document.querySelectorAll('.strip svg polygon').length === 0)
    await page.keyboard.press('b')
    await page.waitForFunction(() => document.querySelectorAll('.strip svg polygon').length > 0)
    step('b takes the boxes off and brings them back: they are not in the picture')

    await page.keyboard.press('c')
    await page.locator('[data-test=compare]').waitFor()
    await page.keyboard.press('c')
    await page.locator('[data-test=compare]').waitFor({ state: 'detached' })
    step('c compares first seen with now')
    await desk.shot('queue')

    await page.keyboard.press('Enter')
    assert.equal(await page.locator('[data-test=confirm]').isDisabled(), true, 'no confirmation without the four ticks')
    for (const key of ['1', '2', '3', '4']) await page.keyboard.press(key)
    await page.locator('[data-test=confirm]:not([disabled])').waitFor()
    step('keys 1 to 4 set the four ticks; only now can it be confirmed')
    await desk.shot('queue-ticked')

    const { sent, made } = await decideBy(page, id, () => page.keyboard.press('Enter'))
    assert.equal(sent.verdict, 'confirm')
    assert.deepEqual(sent.ticks, { true: true, clear: true, complete: true, accurate: true })
    assert.ok(made.case, 'a case was opened')
    step(`Enter confirmed it; case ${made.case}`)

    await page.locator('.rail a[href="/cases"]').focus()
    await page.keyboard.press('Enter')
    const link = page.locator(`[data-test=case-row][data-candidate="${id}"] a`).first()
    await link.waitFor()
    await desk.shot('cases')
    await link.focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-test=case]').waitFor()
    step(`the case page of the ${kind} is open`)

    await page.locator('[data-test=verify]').focus()
    await page.keyboard.press('Enter')
    const result = page.locator('[data-test=verify-result]')
    await result.waitFor({ timeout: 60_000 })
    const files = await page.locator('[data-test=verify-cell]').count()
    const tally = await result.evaluate((element) => ({ ...element.dataset }))
    assert.equal(tally.differs, '0', 'no digest differs')
    assert.equal(tally.missing, '0', 'every file could be fetched')
    assert.equal(Number(tally.same), files)
    assert.ok(files >= 4, 'three stills and a clip at least')
    step(`the browser computed ${files} digests: all the same as on record`)
    await desk.shot('case')
  })
})
