// A duplicate and what it repeats: named by a key, without a name by another, and seen on the candidate and on the case.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()

/** Until nothing fades in any more. */
const still = (page) => page.waitForFunction(() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect?.getComputedTiming().endTime === Infinity))

test('an officer rejects a duplicate and names what it repeats', { skip: target === null, timeout: 420_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    const { id } = await openCandidate(page)
    await page.keyboard.press('x')
    await page.locator('[data-test=reject-codes]').waitFor()
    await page.keyboard.press('6')
    const offered = page.locator('[data-test=repeat-of]')
    await offered.first().waitFor()
    // One of which a case was opened.
    const at = (await offered.allTextContents()).findIndex((text) => text.includes('Confirmed'))
    assert.ok(at >= 0, 'what is confirmed can be named')
    const of = await offered.nth(at).getAttribute('data-id')
    await still(page)
    await desk.shot('repeat')
    const { sent, made } = await decideBy(page, id, () => page.keyboard.press(String(at + 1)))
    assert.deepEqual([sent.reason, sent.into, made.state], ['duplicate', of, 'rejected'])
    step('x, 6 and a digit: rejected as a duplicate of one that is offered')

    const next = await openCandidate(page)
    assert.notEqual(next.id, id)
    await page.keyboard.press('x')
    await page.locator('[data-test=reject-codes]').waitFor()
    await page.keyboard.press('6')
    await offered.first().waitFor()
    const unnamed = await decideBy(page, next.id, () => page.keyboard.press('0'))
    assert.deepEqual([unnamed.sent.reason, unnamed.sent.into, unnamed.made.state], ['duplicate', null, 'rejected'])
    step('x, 6, 0: rejected as a duplicate of nobody says what')

    await page.goto(`${target.url}/queue/${id}?state=any`)
    await page.locator('[data-test=merged-into]').waitFor()
    await desk.shot('repeat-candidate')
    assert.ok((await page.locator('[data-test=merged-into]').textContent()).includes(of))
    await page.goto(`${target.url}/queue/${of}?state=any`)
    await page.locator('[data-test=carried]').waitFor()
    await page.locator('[data-test=case-link]').click()
    await page.locator('[data-test=case] [data-test=carried]').waitFor()
    await page.locator('[data-test=case] [data-test=finds]').scrollIntoViewIfNeeded()
    await desk.shot('repeat-case')
    step('the case shows it, and the complaint that it answers')
    await page.locator('[data-test=find-link]').first().click()
    await page.locator('[data-test=find-row]').first().waitFor()
    assert.equal(await page.locator('[data-test=find-row]').count(), 1)
    step('the complaint leads to its line of the register')

    await page.goto(`${target.url}/clearance`)
    await page.locator('main .state').first().waitFor()
    assert.ok(!(await page.locator('main').textContent()).includes('1970'), 'no figures yet is said, not dated')
    await desk.shot('no-figures')
    step('before the first figures the page says that there are none')

    await page.goto(`${target.url}/law`)
    await page.locator('[data-test=end-template]').first().click()
    await page.locator('[data-test=template-until]').waitFor()
    await still(page)
    await desk.shot('template-end')
    await page.locator('[data-test=template-reason]').fill('repealed')
    await page.locator('[data-test=template-save]').click()
    await page.locator('[data-test=template-form]').waitFor({ state: 'hidden' })
    step('a template of notices is ended with a reason')

    await page.goto(`${target.url}/zones/cam-1`)
    await page.locator('.chooser [data-zone]').first().click()
    await page.locator('[data-test=zone-form] [aria-expanded=false]').first().click()
    await page.locator('[data-test=least]').waitFor()
    await desk.shot('least')
    step('the least size is drawn for as long as the rule is open')
  })
})
