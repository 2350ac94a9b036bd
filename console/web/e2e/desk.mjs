// An operator's day without touching the mouse: the order, the clock, the same thing twice, a field check, many at once.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const id = (n) => n.toString(16).padStart(32, '0')

/** Walks with j until this candidate is on the stage and held. */
async function walkTo(page, wanted) {
  for (let i = 0; i < 40; i++) {
    const at = await page.locator('[data-test=row][aria-selected=true]').getAttribute('data-id')
    if (at === wanted) {
      await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
      return
    }
    await page.keyboard.press('j')
    await page.waitForFunction((before) => document.querySelector('[data-test=row][aria-selected=true]')?.dataset.id !== before, at)
  }
  assert.fail(`j never came to ${wanted}`)
}

test('an operator works through the queue by keyboard alone', { skip: target === null || target.second === null, timeout: 420_000 }, async () => {
  await atTheDesk(target, async (page, desk) => {
    let mouse = 0
    await page.exposeFunction('mouseWasUsed', () => mouse++)
    await page.addInitScript(() => addEventListener('pointerdown', () => window.mouseWasUsed(), true))
    await logIn(page, target)
    const first = await openCandidate(page)
    assert.equal(first.id, id(1), 'a stall in a key area with the highest score comes first')
    const order = await page.locator('[data-test=row]').evaluateAll((rows) => rows.map((row) => row.dataset.kind))
    assert.deepEqual(order.slice(0, 4), ['illegal_stall', 'waste_dumping', 'waste_dumping', 'waste_dumping'])
    assert.equal(await page.locator('[data-test=row] [data-test=sla][data-clock=in_time]').count(), order.length)
    step('the most urgent comes first, and every row shows its clock')

    await page.waitForFunction(() => (document.querySelector('[data-test=clip]')?.readyState ?? 0) >= 2)
    const playing = () => page.locator('[data-test=clip]').evaluate((clip) => !clip.paused)
    assert.equal(await playing(), true, 'the clip starts at once')
    await page.keyboard.press(' ')
    await page.waitForFunction(() => document.querySelector('[data-test=clip]').paused)
    const at = await page.locator('[data-test=clip]').evaluate((clip) => clip.currentTime)
    await page.keyboard.press('.')
    await page.waitForFunction((before) => document.querySelector('[data-test=clip]').currentTime > before, at)
    step('Space stops the clip, . steps one frame on')
    for (const key of ['1', '2', '3', '4']) await page.keyboard.press(key)
    const confirmed = await decideBy(page, id(1), () => page.keyboard.press('Enter'))
    assert.ok(confirmed.made.case)
    step('four ticks and Enter: confirmed')

    await walkTo(page, id(3))
    await page.locator('[data-test=proposals]').waitFor()
    await page.keyboard.press('m')
    const proposal = page.locator('[data-test=merge-into]').first()
    await proposal.waitFor()
    assert.equal(await proposal.getAttribute('data-id'), id(2))
    assert.equal(await proposal.getAttribute('data-why'), 're_alarm')
    await desk.shot('desk-merge')
    const merged = await decideBy(page, id(3), () => page.keyboard.press('1'))
    assert.deepEqual([merged.sent.verdict, merged.sent.into, merged.made.state], ['merge', id(2), 'merged'])
    await page.locator('[data-test=undo]:not([disabled])').waitFor()
    const back = await decideBy(page, id(3), () => page.keyboard.press('u'))
    assert.equal(back.made.state, 'open')
    await page.locator(`[data-test=row][data-id="${id(3)}"][aria-selected=true]`).waitFor()
    await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
    await page.keyboard.press('m')
    await page.locator('[data-test=merge-into]').first().waitFor()
    await decideBy(page, id(3), () => page.keyboard.press('1'))
    step('m, 1: the re-alarm is merged; u takes it back; merged again')

    await page.goto(`${target.url}/queue/${id(2)}`)
    await page.locator('[data-test=carried]').waitFor()
    await desk.shot('desk-carried')
    step('the first of the two carries the other')
    await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
    const checked = await decideBy(page, id(2), () => page.keyboard.press('f'))
    assert.equal(checked.made.state, 'field_check')

    await page.goto(`${target.url}/queue?kind=unauthorized_ad&sort=oldest`)
    await page.locator('[data-test=row]').nth(5).waitFor()
    await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
    await page.keyboard.press('v')
    await page.keyboard.press('j')
    await page.keyboard.press('v')
    await page.locator('[data-test=many][data-marked="2"]').waitFor()
    await page.keyboard.press('Shift+X')
    await page.locator('[data-test=bulk][data-step=preview]').waitFor()
    assert.equal(await page.locator('[data-test=bulk-item]').count(), 2)
    await page.keyboard.press('Escape')
    await page.locator('[data-test=bulk]').waitFor({ state: 'hidden' })
    step('v marks two, Shift+X shows what would be rejected, Escape leaves it')
    await page.keyboard.press('v')
    await page.keyboard.press('k')
    await page.keyboard.press('v')
    await page.locator('[data-test=many][data-marked="0"]').waitFor()

    // A colleague takes one of the list meanwhile.
    const colleague = await (await page.context().browser().newContext()).newPage()
    const headers = { 'x-kerbwatch': '1' }
    const login = await colleague.request.post(`${target.url}/api/v1/session`, { headers, data: { name: target.second, password: target.password } })
    assert.equal(login.status(), 200)
    const taken = await colleague.request.post(`${target.url}/api/v1/candidates/${id(15)}/claim`, { headers })
    assert.equal(taken.status(), 200)
    await page.keyboard.press('Shift+X')
    await page.locator('[data-test=bulk][data-step=preview]').waitFor()
    const shown = await page.locator('[data-test=bulk-item]').evaluateAll((items) => items.map((item) => item.dataset.id))
    assert.deepEqual(shown, [10, 11, 12, 13, 14].map(id))
    assert.equal(await page.locator('[data-test=bulk-left]').getAttribute('data-why'), 'claimed')
    await page.locator('[data-test=bulk-reason]').focus()
    await page.keyboard.type('Test')
    await desk.shot('desk-bulk')
    await page.keyboard.press('Tab')
    await page.keyboard.type('posters of a rehearsal')
    await page.keyboard.press('Enter')
    await page.locator('[data-test=bulk][data-step=done]').waitFor()
    await desk.shot('desk-bulk-done')
    await page.locator('[data-test=bulk-undo]').focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-test=bulk][data-step=undone]').waitFor()
    await page.locator('[data-test=bulk-close]').focus()
    await page.keyboard.press('Enter')
    await page.locator('[data-test=bulk]').waitFor({ state: 'hidden' })
    const open = await page.request.get(`${target.url}/api/v1/candidates?kind=unauthorized_ad`)
    assert.equal((await open.json()).counts.open, 6, 'all are back')
    step('five rejected together, the one a colleague holds left out; all taken back')
    await colleague.request.delete(`${target.url}/api/v1/candidates/${id(15)}/claim`, { headers })
    await colleague.context().close()

    await page.goto(`${target.url}/queue?sla=overdue`)
    await page.locator('[data-test=empty-queue]').waitFor()
    step('nothing is overdue')
    assert.equal(mouse, 0, 'the mouse was never touched')
  })
})
