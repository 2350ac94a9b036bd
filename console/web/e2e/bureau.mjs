// A bureau's day: draw over a zone, see at the corner what is wrong, put it right, try it on the past, hand it in; another
// person approves; it is live; the old one is brought back. Needs KERBWATCH_EDITOR, KERBWATCH_APPROVER (log-ins with the
// roles bureau_editor and bureau_approver, both with KERBWATCH_PASSWORD) and KERBWATCH_CAMERA.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, logIn, step } from './lib/browser.mjs'

const { KERBWATCH_URL: url, KERBWATCH_EDITOR: editor, KERBWATCH_APPROVER: approver, KERBWATCH_PASSWORD: password, KERBWATCH_CAMERA: camera } = process.env
const ready = Boolean(url && editor && approver && password && camera)
if (!ready) console.error('SKIPPED: set KERBWATCH_URL, KERBWATCH_EDITOR, KERBWATCH_APPROVER, KERBWATCH_PASSWORD and KERBWATCH_CAMERA')

const as = (user) => ({ url, user, password })
const at = (page, name) => page.locator(`[data-test=${name}]`)

async function open(page, user) {
  await logIn(page, as(user))
  await page.goto(`${url}/zones/${camera}`)
  await at(page, 'canvas').waitFor()
}

async function say(page, text) {
  await at(page, 'said').filter({ hasText: text }).waitFor()
}

/** Where a share of the picture lies on the screen. */
async function spot(page, x, y) {
  const box = await at(page, 'canvas').boundingBox()
  return [box.x + x * box.width, box.y + y * box.height]
}

test('a bureau draws, tries, hands in; another person approves; it is live; and it is brought back', { skip: !ready, timeout: 420_000 }, async () => {
  let before = 0
  await atTheDesk(as(editor), async (page, desk) => {
    await open(page, editor)
    await page.waitForFunction(() => document.querySelectorAll('[data-test=shape]').length > 0)
    before = Number((await page.locator('.page-head .tag').first().textContent()).match(/\d+/)[0])
    step(`version ${before} is live, its zones are drawn`)

    await at(page, 'fresh-view').click()
    await page.waitForFunction(() => document.querySelector('[data-test=fresh-view]')?.disabled === false, undefined, { timeout: 60_000 })
    assert.equal(await at(page, 'view-said').getAttribute('data-said'), 'none', await at(page, 'view-said').textContent())
    assert.notEqual(await at(page, 'view-choice').inputValue(), '', 'the fresh picture is the one that is drawn on')
    await page.waitForFunction(() => document.querySelector('.canvas img')?.naturalWidth > 0)
    step('a fresh still came from the worker')

    await at(page, 'new-zone').click()
    for (const [x, y] of [[0.55, 0.2], [0.75, 0.2], [0.75, 0.4], [0.55, 0.4]]) await page.mouse.click(...(await spot(page, x, y)))
    await page.mouse.click(...(await spot(page, 0.55, 0.2)))
    await at(page, 'zone-form').waitFor()
    const corners = () => page.locator('circle.corner').count()
    assert.equal(await corners(), 4)
    step('four clicks and one on the first corner make a zone')

    await page.mouse.move(...(await spot(page, 0.75, 0.4)))
    await page.mouse.down()
    await page.mouse.move(...(await spot(page, 0.6, 0.1)), { steps: 6 })
    await page.mouse.up()
    await at(page, 'fault').first().waitFor()
    assert.equal(await at(page, 'submit').isDisabled(), true, 'what crosses itself cannot be handed in')
    await desk.shot('zones-wrong-corner')
    step('a corner dragged over an edge is marked where it is wrong, and nothing can be handed in')
    await page.keyboard.press('Control+z')
    await page.waitForFunction(() => document.querySelectorAll('[data-test=fault] circle').length === 0 || [...document.querySelectorAll('[data-test=fault]')].every((g) => g.classList.contains('warning')))
    step('Ctrl+Z takes it back')

    await page.locator('circle.corner').first().focus()
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Insert')
    await page.waitForFunction(() => document.querySelectorAll('circle.corner').length === 5)
    await page.keyboard.press('Delete')
    await page.waitForFunction(() => document.querySelectorAll('circle.corner').length === 4)
    step('by keyboard: nudged, a corner added and taken out')

    await at(page, 'zone-name').fill('Test corner')
    await at(page, 'zone-name').press('Tab')
    await at(page, 'rule-waste_dumping').check()
    await at(page, 'dwell-waste_dumping').fill('45')
    await at(page, 'dwell-waste_dumping').press('Tab')
    const cell = page.locator('[data-test=week] [data-day="0"][data-slot="16"]').first()
    const last = page.locator('[data-test=week] [data-day="4"][data-slot="39"]').first()
    await cell.scrollIntoViewIfNeeded()
    const [a, b] = [await cell.boundingBox(), await last.boundingBox()]
    await page.mouse.move(a.x + 3, a.y + 8)
    await page.mouse.down()
    for (let day = 0; day <= 4; day++) {
      const y = a.y + 8 + ((b.y - a.y) / 4) * day
      await page.mouse.move(a.x + 3, y)
      await page.mouse.move(b.x + 3, y, { steps: 24 })
    }
    await page.mouse.up()
    assert.ok((await page.locator('[data-test=week] .cell.on').count()) >= 60, 'painted')
    step('the week is painted by mouse')
    await at(page, 'type-days').first().selectOption('sat')
    await at(page, 'type-from').first().fill('9:15')
    await at(page, 'type-until').first().fill('1145')
    await at(page, 'type-until').first().press('Enter')
    await page.waitForFunction(() => [...document.querySelectorAll('.kept input')].some((input) => input.value === 'sat 09:15-11:45'))
    step('a window is typed to the minute')
    await at(page, 'add-permit').click()
    await at(page, 'permit').waitFor()
    assert.equal(await at(page, 'dwell-waste_dumping').inputValue(), '45', 'what was typed stays, whatever is drawn anew meanwhile')
    await at(page, 'note').fill('kerb was moved')
    await at(page, 'save').click()
    await say(page, /saved|已保存/)
    step('the draft is saved')

    await at(page, 'show-backtest').click()
    await at(page, 'run-backtest').click()
    await at(page, 'backtest-summary').waitFor({ timeout: 60_000 })
    const tally = await at(page, 'backtest-summary').evaluate((element) => ({ ...element.dataset }))
    step(`backtest: ${tally.added} added, ${tally.lost} lost, ${tally.unchanged} unchanged`)
    assert.equal(tally.lost, '0', 'a new zone loses nothing')
    await page.waitForFunction(() => [...document.querySelectorAll('[data-test=backtest-row] img')].every((img) => img.complete && img.naturalWidth > 0))
    await desk.shot('zones-backtest')
    await page.evaluate(() => window.scrollTo(0, 0))
    await desk.shot('zones-drawn')

    await at(page, 'submit').click()
    await page.locator('[data-test=draft][data-state=submitted]').waitFor()
    step('handed in; it waits for another person')
  })

  await atTheDesk(as(approver), async (page, desk) => {
    await open(page, approver)
    await page.locator('[data-test=draft][data-state=submitted]').waitFor()
    await at(page, 'diff').first().waitFor()
    await desk.shot('zones-approve')
    await at(page, 'approve').click()
    await say(page, new RegExp(String(before + 1)))
    await page.locator('[data-test=draft][data-state=none]').waitFor()
    step(`approved by another person: version ${before + 1} is live`)
  })

  await atTheDesk(as(editor), async (page, desk) => {
    await open(page, editor)
    await at(page, 'show-versions').click()
    await page.locator(`[data-test=versions] [data-version="${before + 1}"]`).waitFor()
    await desk.shot('zones-versions')
    await page.locator(`[data-version="${before}"] [data-test=restore]`).click()
    await page.locator('[data-test=draft][data-state=editing]').waitFor()
    await at(page, 'submit').click()
    await page.locator('[data-test=draft][data-state=submitted]').waitFor()
    step(`version ${before} is brought back as a draft and handed in`)
  })

  await atTheDesk(as(approver), async (page) => {
    await open(page, approver)
    await at(page, 'approve').click()
    await say(page, new RegExp(String(before + 2)))
    step(`version ${before + 2} is live, the same as version ${before}`)
  })
})
