// A legal reviewer's day: the register makes a camera's pictures evidence, the second review is another person's, by keyboard; then the
// warning with its timer, the camera's later looks, an exemption for one and filing for another, the hand-over to a receiver that
// checks the signature with its own hands, and its call-back. The street and the clock are played: see `src/tests/legal_day.rs`.
import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import test from 'node:test'

import { atTheDesk, consoleUnderTest, decideBy, logIn, openCandidate, step } from './lib/browser.mjs'

const target = consoleUnderTest()
const streetUrl = process.env.KERBWATCH_STREET ?? ''
const people = streetUrl === '' ? [] : JSON.parse(process.env.KERBWATCH_PEOPLE ?? '[]')
const as = (user) => ({ ...target, user, password: people.find(([name]) => name === user)?.[1] })
const skip = target === null || people.length === 0

async function street(what, body = {}) {
  const answer = await fetch(`${streetUrl}/${what}`, what === 'now' ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, `the street: ${what}`)
  return answer.json()
}

/** The case system of another authority: takes packages, checks what they are signed with, and calls back. */
async function receiver() {
  const got = []
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts) })
      response.writeHead(200).end()
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const sign = (secret, at, body) => `v1=${createHmac('sha256', secret).update(`${at}.`).update(body).digest('hex')}`
  return {
    got,
    url: `http://127.0.0.1:${server.address().port}/cases`,
    close() {
      server.closeAllConnections()
      server.close()
    },
    check(secret) {
      const { headers, body } = got.at(-1)
      assert.equal(headers['x-kerbwatch-signature'], sign(secret, headers['x-kerbwatch-timestamp'], body), 'signed with the secret that the administrator was shown')
      const letter = JSON.parse(body)
      assert.equal(createHash('sha256').update(letter.document).digest('hex'), letter.sha256)
      return letter
    },
    async callBack(id, secret, body) {
      const text = JSON.stringify(body)
      const at = String(Math.floor((await street('now')).now_ms / 1000))
      const answer = await fetch(`${target.url}/api/v1/receivers/${id}/status`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-kerbwatch': '1', 'x-kerbwatch-timestamp': at, 'x-kerbwatch-signature': sign(secret, at, text) }, body: text })
      assert.equal(answer.status, 200, await answer.text())
    },
  }
}

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

/** Sends the form of an act. */
const sendAct = (page) => actBy(page, () => page.locator('[data-test=act-send]').click())

/** A stall is raised and the operator confirms it: the case, and the candidate it was opened on. */
async function raisedAndConfirmed(page) {
  const { id } = await street('raise')
  await page.goto(`${target.url}/queue/${id}`)
  const open = await openCandidate(page)
  assert.equal(open.id, id, 'the address names the candidate on the stage')
  for (const key of ['1', '2', '3', '4']) await page.keyboard.press(key)
  await page.locator('[data-test=confirm]:not([disabled])').waitFor()
  const { made } = await decideBy(page, id, () => page.keyboard.press('Enter'))
  return { case: made.case, candidate: id }
}

/** Takes a case and passes it with the five ticks, by keyboard. */
async function passed(page, id) {
  await page.goto(`${target.url}/cases/${id}`)
  await page.locator('[data-test=act-take]').waitFor()
  await actBy(page, () => page.keyboard.press('t'))
  await page.locator('[data-test=legal-facts]').waitFor()
  for (const key of ['1', '2', '3', '4', '5']) await page.keyboard.press(key)
  await page.locator('[data-test=act-pass]:not([disabled])').waitFor()
  return actBy(page, () => page.keyboard.press('Enter'))
}

/** Names the subject and warns them, due in so many minutes. */
async function warned(page, name, reference, minutes) {
  await page.locator('[data-test=act-match_subject]').click()
  await page.locator('[data-test=subject-name]').fill(name)
  await page.locator('[data-test=subject-ref]').fill(reference)
  await sendAct(page)
  await page.locator('[data-test=act-warn]').click()
  const { now_ms: now } = await street('now')
  const due = await page.evaluate((ms) => {
    // In the console's time zone, as the page shows its times.
    return new Date(ms).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 16).replace(' ', 'T')
  }, now + minutes * 60_000)
  await page.locator('[data-test=due-at]').fill(due)
  await sendAct(page)
  await page.locator('[data-test=recheck] [role=timer]').waitFor()
}

test('a legal reviewer’s day', { skip, timeout: 300_000 }, async (t) => {
  const desk4 = await receiver()
  t.after(() => desk4.close())
  let secret, receiverId, clue, mended, stays
  await atTheDesk(as('root'), async (page, desk) => {
    await logIn(page, as('root'))
    await page.goto(`${target.url}/admin/receivers`)
    await page.locator('[data-test=add-receiver]').click()
    await page.locator('[data-test=receiver-name]').fill('区案件系统')
    await page.locator('[data-test=receiver-url]').fill(desk4.url)
    await page.locator('[data-test=receiver-save]').click()
    secret = (await page.locator('[data-test=secret] code').textContent()).trim()
    receiverId = (await page.locator('[data-test=receiver-row] .mono').first().textContent()).trim()
    assert.match(secret, /^[0-9a-f]{64}$/)
    step('the administrator entered a receiver; its secret was shown once')
    await desk.shot('receivers')
  })

  await atTheDesk(as('op'), async (page) => {
    await logIn(page, as('op'))
    clue = await raisedAndConfirmed(page)
    step(`the operator confirmed a candidate of a camera that is on no register: case ${clue.case}`)
    await page.goto(`${target.url}/cases/${clue.case}`)
    await page.locator('[data-test=compliance] [data-reason=no_record]').waitFor()
    assert.equal(await page.locator('[data-test=act-take]').count(), 0, 'an operator is not offered the second review')
  })

  await atTheDesk(as('chief'), async (page, desk) => {
    await logIn(page, as('chief'))
    await page.goto(`${target.url}/cases/${clue.case}`)
    await page.goto(`${target.url}${await page.locator('[data-test=compliance] a').getAttribute('href')}`)
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

    await page.locator('[data-test=maintenance-add]').click()
    await page.locator('[data-test=maintenance-what]').fill('擦拭镜头')
    await desk.shot('camera-maintenance')
    await page.locator('[data-test=maintenance-save]').click()
    await page.locator('[data-test=maintenance-row][data-open=true] [data-test=maintenance-end]').click()
    await page.locator('[data-test=maintenance-save]').click()
    await page.locator('[data-test=maintenance-row][data-open=false]').waitFor()
    step('work on the camera is entered, and its end')

    await page.goto(`${target.url}/law?kind=unauthorized_ad`)
    const advert = page.locator('[data-test=matter][data-id=advert]')
    await advert.locator('[data-test=revise-matter]').click()
    await page.locator('[data-test=law-basis]').fill('上海市市容环境卫生管理条例 第三十条')
    await page.locator('[data-test=law-reason]').fill('条例修订')
    await page.locator('[data-test=law-save]').click()
    await page.locator('[data-test=matter][data-id=advert-v2] [data-standing=begins]').first().waitFor()
    await advert.locator('[data-standing=in_force]').first().waitFor()
    await desk.shot('law')
    step('a matter gets a new version from tomorrow on, with the reason; until then the old one holds')
  })

  await street('later', { seconds: 60 })
  await atTheDesk(as('op'), async (page) => {
    await logIn(page, as('op'))
    mended = await raisedAndConfirmed(page)
    await page.goto(`${target.url}/cases/${mended.case}`)
    await page.locator('[data-test=compliance]').waitFor()
    assert.equal(await page.locator('[data-test=compliance] [data-reason]').count(), 0, 'the register covered it when it was seen')
    stays = await raisedAndConfirmed(page)
    step(`two later candidates are evidence: cases ${mended.case} and ${stays.case}`)
  })

  await atTheDesk(as('legal'), async (page, desk) => {
    await logIn(page, as('legal'))
    await page.goto(`${target.url}/cases?for_me=yes`)
    await page.locator(`[data-test=case-row][data-case="${clue.case}"]`).waitFor()
    await desk.shot('cases-board')
    await page.locator('[data-test=view-table]').click()
    await page.locator(`tr[data-case="${clue.case}"]`).waitFor()
    assert.match(page.url(), /view=table/, 'the address holds the view')
    await desk.shot('cases-table')

    await page.goto(`${target.url}/cases/${clue.case}`)
    await page.locator('[data-test=act-take]').waitFor()
    await actBy(page, () => page.keyboard.press('t'))
    await page.keyboard.press('Enter')
    assert.equal(await page.locator('[data-test=case-state]').getAttribute('data-state'), 'legal_review', 'it does not pass without the five ticks')
    await page.locator('[data-test=legal-facts]').waitFor()
    for (const key of ['1', '2', '3', '4', '5']) await page.keyboard.press(key)
    await page.locator('[data-test=act-pass]:not([disabled])').waitFor()
    await desk.shot('case-legal-review')
    const { sent } = await actBy(page, () => page.keyboard.press('Enter'))
    assert.deepEqual(sent.ticks, { facts: true, lawful: true, basis: true, jurisdiction: true, no_conflict: true })
    step('t took it on the desk, keys 1 to 5 set the ticks, Enter passed it')
    await page.keyboard.press('d')
    await page.locator('[data-test=act-form][data-act=dispatch_clue]').waitFor()
    await page.locator('[data-test=act-note]').fill('team 4')
    await sendAct(page)
    assert.equal(await page.locator('[data-test=act-file]').count(), 0)
    await page.locator('[data-test=history] [data-act=dispatch_clue]').waitFor()
    step('a clue is dispatched: filing is not even offered')

    await passed(page, mended.case)
    await warned(page, '老陈面馆', 'S-310115-0042', 30)
    await desk.shot('case-warned')
    step('the subject is named and warned; the timer runs')
    await street('later', { seconds: 120 })
    await street('look', { candidate: mended.candidate, state: 'cleared' })
    await page.locator('[data-test=recheck][data-proposal=corrected]').waitFor()
    step('the camera’s look came in by itself: it proposes that it was put right')
    await page.locator('[data-test=act-find_corrected]').click()
    await sendAct(page)
    assert.ok((await page.locator('[data-test=exemptions] [data-holds=true]').count()) > 0, 'a clause is proposed')
    await desk.shot('case-exemptions')
    await page.locator('[data-test=act-exempt]').click()
    await sendAct(page)
    await page.locator('[data-test=case-state][data-state=exempt]').waitFor()
    step('a person chose the clause: exempt')

    await passed(page, stays.case)
    await warned(page, '阿强水果', 'S-310115-0077', 3)
    assert.equal(await page.locator('[data-test=act-find_not_corrected]:not([disabled])').count(), 0, 'not before the time is over')
    await street('later', { seconds: 240 })
    await street('look', { candidate: stays.candidate, state: 'present' })
    await page.locator('[data-test=recheck][data-proposal=not_corrected]').waitFor()
    await page.locator('[data-test=act-find_not_corrected]:not([disabled])').click()
    await desk.shot('case-not-corrected')
    await sendAct(page)
    step('the time was over and the camera still saw it: not put right')
    await page.locator('[data-test=act-file]').click()
    await page.locator('[data-test=fine]').fill('200')
    await sendAct(page)
    await page.locator('[data-test=track]').waitFor()
    await page.locator('[data-test=act-hand_over]').click()
    await sendAct(page)
    await page.locator('[data-test=handover] [data-test=package]').waitFor()
    await page.locator('[data-test=delivery][data-state=delivered]').waitFor()
    const letter = desk4.check(secret)
    assert.equal(JSON.parse(letter.document).case ?? letter.case, stays.case)
    step('filed, handed over, and the receiver has it, signed')

    await desk4.callBack(receiverId, secret, { event_id: 'e-1', case: stays.case, status: 'accepted', their_id: '2026-沪-17' })
    await page.locator('[data-test=handover]', { hasText: '2026-沪-17' }).waitFor()
    await desk.shot('case-handed-over')
    await desk4.callBack(receiverId, secret, { event_id: 'e-2', case: stays.case, status: 'punished' })
    await page.locator('[data-test=case-state][data-state=closed]').waitFor()
    step('its call-backs are shown as they come: accepted, then punished, which closes the case')
    await page.emulateMedia({ media: 'print' })
    assert.equal(await page.locator('[data-test=acts]').isVisible(), false, 'the printed record has no buttons')
    await desk.shot('case-printed')
    await page.emulateMedia({ media: 'screen' })
    await page.keyboard.press('n')
    await page.locator('[data-test=no-next]').waitFor()
    step('n says that nothing else waits')
  })
})
