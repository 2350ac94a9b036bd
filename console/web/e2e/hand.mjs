// What a bureau's hand does on a zone: a shape that was taken hold of with the mouse is nudged by the arrows, the week of a holiday
// is added once it is complete, and the zone says which area it shows.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, logIn, step } from './lib/browser.mjs'

test('a bureau draws by hand', { timeout: 120_000 }, async (t) => {
  const target = consoleUnderTest()
  if (target === null) return t.skip()
  await atTheDesk(target, async (page, desk) => {
    await logIn(page, target)
    await page.goto(`${target.url}/zones`)
    await page.locator('[data-camera]').first().click()
    const shape = page.locator('[data-test=shape]').first()
    await shape.waitFor()
    const before = await shape.getAttribute('points')
    const box = await shape.boundingBox()
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
    await page.locator('[data-test=zone-form]').waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction((was) => document.querySelector('[data-test=shape]')?.getAttribute('points') !== was, before)
    step('an arrow moves what the mouse took hold of')

    await page.locator('[data-test=zone-area]').waitFor()
    await desk.shot('zone-form-en-light')

    // As one types a year it is 2, 20, 202 and then 2027: none of the first three is a holiday.
    await page.locator('[data-test=holiday-from]').fill('2027-02-06')
    assert.equal(await page.locator('[data-test=holiday]').count(), 0)
    await page.locator('[data-test=holiday-until]').fill('2027-02-12')
    await page.locator('[data-test=holiday-add]').click()
    assert.equal((await page.locator('[data-test=holiday]').innerText()).trim(), '2027-02-06 – 02-12')
    await page.locator('[data-test=undo]').click()
    await page.locator('[data-test=undo]').click()
    await page.waitForFunction((was) => document.querySelector('[data-test=shape]')?.getAttribute('points') === was, before)
    assert.equal(await page.locator('[data-test=holiday]').count(), 0)
    step('a week of holidays is one entry, and two steps back nothing is changed')
  })
})
