// A legal reviewer's day: the register makes a camera's pictures evidence, the second review is another person's, by keyboard;
// then the warning, the filing and the hand-over.
import assert from 'node:assert/strict'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const people = (process.env.KERBWATCH_PEOPLE ?? '').split(',').filter(Boolean).map((pair) => {
  const [user, ...password] = pair.split(':')
  return { user, password: password.join(':') }
})
const as = (user) => ({ ...target, ...people.find((person) => person.user === user) })
const skip = target === null || people.length === 0

/** Presses and waits for the act that follows; returns what was sent and what came back. */
async function actBy(page, press) {
  const answered = page.waitForResponse((response) => /\/api\/v1\/cases\/[^/]+\/acts$/.test(response.url()) && response.request().method() === 'POST')
  await press()
  const response = await answered
  assert.equal(response.status(), 201, `the act was accepted: ${await response.text()}`)
  const made = await response.json()
  await page.locator(`[data-test=case-state][data-state=${made.state}]`).waitFor()
  return { sent: response.request().postDataJSON(), made }
}

async function confirmNext(page) {
  const { id } = await openCandidate(page)
  for (const key of ['1', '2', '3', '4']) await page.keyboard.press(key)
  await page.locator('[data-test=confirm]:not([disabled])').waitFor()
  const { made } = await decideBy(page, id, () => page.keyboard.press('Enter'))
  return made.case
}

test('a legal reviewer’s day', { skip, timeout: 600_000 }, async () => {
  let clue
  await atTheDesk(as('e2e.operator'), async (page) => {
    await logIn(page, as('e2e.operator'))
    clue = await confirmNext(page)
    step(`the operator confirmed a candidate of a camera that is on no register: case ${clue}`)
    await page.goto(`${target.url}/cases/${clue}`)
    await page.locator('[data-test=compliance] [data-reason=no_record]').waitFor()
    assert.equal(await page.locator('[data-test=act-take]').count(), 0, 'an operator is not offered the second review')
  })

  await atTheDesk(as('e2e.supervisor'), async (page, desk) => {
    await logIn(page, as('e2e.supervisor'))
    await page.goto(`${target.url}/cases/${clue}`)
    const camera = await page.locator('[data-test=compliance] a').getAttribute('href')
    await page.goto(`${target.url}${camera}`)
    await page.locator('[data-test=register-edit]').click()
    const fill = (name, value) => page.locator(`[data-test=${name}]`).fill(value)
    await fill('register-basis', '浦东新区城市管理领域非现场执法规定 第四条')
    await fill('legal-body', '区司法局')
    await fill('legal-document', '法审〔2026〕1号')
    await fill('legal-date', '2026-01-05')
    await fill('technical-body', '质检院')
    await fill('technical-document', 'JC-2026-7')
    await fill('technical-date', '2026-01-06')
    await fill('technical-due', '2099-01-05')
    await fill('signage-document', '标识照片 12')
    await fill('signage-date', '2026-01-07')
    await fill('publication-document', 'https://gazette.example/2026/12')
    await fill('publication-date', '2026-01-08')
    for (const kind of ['illegal_stall', 'waste_dumping', 'unauthorized_ad', 'storefront_encroachment']) await page.locator(`[data-test=kind-${kind}]`).check()
    await fill('valid-from', '2026-01-10')
    await fill('valid-until', '2099-01-09')
    await page.locator('[data-test=register-save]').click()
    await page.locator('[data-test=register] [data-kind=waste_dumping][data-mode=offsite_evidence]').waitFor()
    step('the supervisor entered the four documents: what the camera sees from now on may be evidence')
    await desk.shot('camera-register')
  })

  await atTheDesk(as('e2e.legal'), async (page, desk) => {
    await logIn(page, as('e2e.legal'))
    await page.goto(`${target.url}/cases?for_me=yes`)
    await page.locator(`[data-test=case-row][data-case="${clue}"]`).waitFor()
    await desk.shot('cases-board')
    await page.locator('[data-test=view-table]').click()
    await page.locator(`tr[data-case="${clue}"]`).waitFor()
    assert.match(page.url(), /view=table/, 'the address holds the view')
    await desk.shot('cases-table')
    await page.goto(`${target.url}/cases/${clue}`)
    await page.locator('[data-test=act-take]').waitFor()
    await actBy(page, () => page.keyboard.press('t'))
    step('t took it on the desk')

    await page.keyboard.press('Enter')
    assert.equal(await page.locator('[data-test=case-state]').getAttribute('data-state'), 'legal_review', 'it does not pass without the five ticks')
    for (const key of ['1', '2', '3', '4', '5']) await page.keyboard.press(key)
    await page.locator('[data-test=act-pass]:not([disabled])').waitFor()
    await desk.shot('case-legal-review')
    const { sent } = await actBy(page, () => page.keyboard.press('Enter'))
    assert.deepEqual(sent.ticks, { facts: true, lawful: true, basis: true, jurisdiction: true, no_conflict: true })
    step('keys 1 to 5 set the ticks, Enter passed it')

    await page.keyboard.press('d')
    await page.locator('[data-test=act-form][data-act=dispatch_clue]').waitFor()
    await page.locator('[data-test=act-note]').fill('team 4')
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    step('a clue is dispatched: filing is not even offered')
    assert.equal(await page.locator('[data-test=act-file]').count(), 0)
    await page.locator('[data-test=history] [data-act=dispatch_clue]').waitFor()
    await page.keyboard.press('n')
    await page.locator('[data-test=no-next]').waitFor()
    step('n says that nothing else waits')
  })

  // What the camera sees now is evidence: warned, looked at again, filed and handed over.
  let kept
  await atTheDesk(as('e2e.operator'), async (page) => {
    await logIn(page, as('e2e.operator'))
    await page.goto(`${target.url}/queue?sort=newest`)
    // The newest is seen after the register was entered.
    await page.waitForTimeout(12_000)
    await page.reload()
    kept = await confirmNext(page)
    await page.goto(`${target.url}/cases/${kept}`)
    await page.locator('[data-test=compliance]').waitFor()
    assert.equal(await page.locator('[data-test=compliance] [data-reason]').count(), 0, 'the register covered it when it was seen')
    step(`a later candidate is evidence: case ${kept}`)
  })
  await atTheDesk(as('e2e.legal'), async (page, desk) => {
    await logIn(page, as('e2e.legal'))
    await page.goto(`${target.url}/cases/${kept}`)
    await page.locator('[data-test=act-take]').waitFor()
    await actBy(page, () => page.keyboard.press('t'))
    for (const key of ['1', '2', '3', '4', '5']) await page.keyboard.press(key)
    await page.locator('[data-test=act-pass]:not([disabled])').waitFor()
    await actBy(page, () => page.keyboard.press('Enter'))

    await page.locator('[data-test=act-match_subject]').click()
    await page.locator('[data-test=subject-name]').fill('老陈面馆')
    await page.locator('[data-test=subject-ref]').fill('S-310115-0042')
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    await page.locator('[data-test=act-warn]').click()
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    await page.locator('[data-test=recheck]').waitFor()
    step('the subject is named and warned; the timer runs')
    await page.locator('[data-test=recheck][data-proposal=corrected]').waitFor({ timeout: 90_000 })
    step('the camera’s look came in by itself: it proposes that it was put right')
    await desk.shot('case-warned')
    await page.locator('[data-test=act-find_corrected]').click()
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    assert.ok((await page.locator('[data-test=exemptions] [data-holds=true]').count()) > 0, 'a clause is proposed')
    await desk.shot('case-exemptions')
    await page.locator('[data-test=act-file]').click()
    await page.locator('[data-test=fine]').fill('200')
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    await page.locator('[data-test=track]').waitFor()
    await page.locator('[data-test=act-hand_over]').click()
    await actBy(page, () => page.locator('[data-test=act-send]').click())
    await page.locator('[data-test=handover] [data-test=package]').waitFor()
    step('filed on the simple track and handed over as a signed package')
    await desk.shot('case-handed-over')
    await page.emulateMedia({ media: 'print' })
    assert.equal(await page.locator('[data-test=acts]').isVisible(), false, 'the printed record has no buttons')
    await desk.shot('case-printed')
  })
})
