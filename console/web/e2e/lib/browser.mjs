// A real browser on a real console. What every script needs: log in by keyboard, watch for errors and for requests that
// leave the house, say one line per step, and keep screenshots where KERBWATCH_SHOTS says.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'

import { chromium } from 'playwright-core'

/** The address and log-in of the console under test; `null`, loudly, where none is given. */
export function consoleUnderTest() {
  const { KERBWATCH_URL: url, KERBWATCH_USER: user, KERBWATCH_PASSWORD: password } = process.env
  if (!url || !user || !password) {
    console.error('SKIPPED: set KERBWATCH_URL, KERBWATCH_USER and KERBWATCH_PASSWORD to run the browser tests against a running console')
    return null
  }
  return { url: url.replace(/\/$/, ''), user, password, second: process.env.KERBWATCH_USER2 ?? null, another: process.env.KERBWATCH_ANOTHER ?? null }
}

export function step(text) {
  console.log(`step: ${text}`)
}

/** Long enough for a camera to connect, a dwell to pass and a candidate to travel on a small machine. */
export const CANDIDATE_MS = Number(process.env.KERBWATCH_WAIT_MS ?? 180_000)

/**
 * Opens a browser, runs `work(page, desk)`, and fails on any console error or foreign request it saw. `tolerate` is of errors
 * that the script itself brings about: Chromium writes one for every request that finds no network, and for every refusal.
 */
export async function atTheDesk(target, work, { locale = 'en-GB', width = 1440, height = 900, tolerate = null, refusals = [] } = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.KERBWATCH_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--autoplay-policy=no-user-gesture-required'],
  })
  const errors = []
  const foreign = new Set()
  try {
    const context = await browser.newContext({ locale, viewport: { width, height } })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('request', (request) => {
      const address = new URL(request.url())
      if (!['data:', 'blob:'].includes(address.protocol) && address.origin !== new URL(target.url).origin) foreign.add(address.origin)
    })
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => {
      // Chromium reports the 401 by which the server says "nobody is logged in yet": that is an answer, not an error.
      // `refusals` are those that a script provokes: `[end of the address, status]`.
      const expected = [['/api/v1/session', 401], ...refusals].some(([end, status]) => message.location().url.endsWith(end) && message.text().includes(String(status)))
      if (message.type() === 'error' && !expected && !tolerate?.test(message.text())) errors.push(`${message.text()} (${message.location().url})`)
    })
    const desk = {
      shot: async (name) => {
        const folder = process.env.KERBWATCH_SHOTS
        if (!folder) return
        await mkdir(folder, { recursive: true })
        await page.screenshot({ path: path.join(folder, `${name}.png`) })
        step(`saved screenshot ${name}.png`)
      },
    }
    try {
      await work(page, desk)
    } catch (error) {
      await desk.shot(`failed-${Date.now()}`).catch(() => undefined)
      console.error(`at ${page.url()}\n${errors.join('\n')}`)
      throw error
    }
    assert.deepEqual(errors, [], 'the browser console shows no errors')
    assert.deepEqual([...foreign], [], 'no request went to another host')
    step('no console errors, no request to any other host')
  } finally {
    await browser.close()
  }
}

/** Logs in without touching the mouse and waits until the page is live. */
export async function logIn(page, target) {
  await page.goto(target.url)
  await page.waitForFunction(() => document.activeElement?.id === 'login-name')
  await page.keyboard.type(target.user)
  await page.keyboard.press('Tab')
  await page.keyboard.type(target.password)
  await page.keyboard.press('Enter')
  await page.locator('[data-test=connection][data-state=live]').waitFor()
  step(`logged in as ${target.user} by keyboard; the page is live`)
}

/** Waits for an open candidate on the stage and returns its id and kind. */
export async function openCandidate(page) {
  await page.locator('[data-test=queue]').waitFor()
  await page.locator('[data-test=row]').first().waitFor({ timeout: CANDIDATE_MS })
  // The first tick can be set only once the candidate is open, on the stage, and held by this officer.
  await page.locator('[data-test=tick-1]:not([disabled])').waitFor()
  const row = page.locator('[data-test=row][aria-selected=true]')
  await row.waitFor()
  const id = await row.getAttribute('data-id')
  const kind = await row.getAttribute('data-kind')
  step(`a candidate is on the stage: ${kind} ${id}`)
  return { id, kind }
}

/** Presses keys and waits for the decision they send; returns what was sent and what came back. */
export async function decideBy(page, id, press) {
  const answered = page.waitForResponse((response) => response.url().endsWith(`/api/v1/candidates/${id}/decisions`) && response.request().method() === 'POST')
  await press()
  const response = await answered
  const sent = response.request().postDataJSON()
  assert.equal(response.status(), 201, `the decision was accepted: ${await response.text()}`)
  return { sent, made: await response.json() }
}
