/** The charts' options. Pure: figures, words and colours come in. */
import type { EChartsCoreOption } from 'echarts/core'

import type { Palette } from './ChartView.vue'
import { length, number, share } from './numbers'
import type { Group, Report, Times } from './useReport'

function axis(palette: Palette) {
  return { axisLabel: { color: palette.ink }, axisLine: { lineStyle: { color: palette.line } }, splitLine: { lineStyle: { color: palette.line } } }
}

function tip(palette: Palette) {
  return { backgroundColor: palette.surface, borderColor: palette.line, textStyle: { color: palette.ink }, confine: true }
}

/** Lengths that people know, seconds: a minute, ten, an hour, six, a day, a week, a month. */
const CLOCK = [60, 600, 3600, 21_600, 86_400, 604_800, 2_592_000]

/** A Kaplan–Meier curve with its interval, on a logarithmic clock: minutes and days in one picture. */
export function curve(times: Times, name: string) {
  return (palette: Palette): EChartsCoreOption => {
    const points = [{ s: 1, open: 1, low: 1, high: 1 }, ...times.curve.filter((point) => point.s > 0)]
    const line = (key: 'open' | 'low' | 'high', style: object) => ({ type: 'line', step: 'end', showSymbol: false, data: points.map((point) => [point.s, point[key]]), name: key === 'open' ? name : '95 %', ...style })
    return {
      grid: { left: 48, right: 16, top: 12, bottom: 32 },
      xAxis: { type: 'log', min: 60, ...axis(palette), axisTick: { customValues: CLOCK }, axisLabel: { color: palette.ink, customValues: CLOCK, formatter: (value: number) => length(value) }, splitLine: { show: false } },
      yAxis: { type: 'value', min: 0, max: 1, ...axis(palette), axisLabel: { color: palette.ink, formatter: (value: number) => share(value) } },
      tooltip: { trigger: 'axis', ...tip(palette), valueFormatter: (value: number) => share(value) },
      series: [
        line('high', { lineStyle: { width: 1, type: 'dashed', color: palette.faint }, itemStyle: { color: palette.faint } }),
        line('low', { lineStyle: { width: 1, type: 'dashed', color: palette.faint }, itemStyle: { color: palette.faint } }),
        line('open', { lineStyle: { width: 2, color: palette.accent }, itemStyle: { color: palette.accent } }),
      ],
    }
  }
}

/** Violation minutes per watched hour and coverage, day by day. A day nobody watched is a gap in the line. */
export function trend(report: Report, names: { ovm: string; coverage: string }) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { left: 48, right: 48, top: 16, bottom: 28 },
    xAxis: { type: 'category', data: report.trend.map((day) => day.date.slice(5)), ...axis(palette) },
    yAxis: [
      { type: 'value', ...axis(palette) },
      { type: 'value', min: 0, max: 1, ...axis(palette), splitLine: { show: false }, axisLabel: { color: palette.ink, formatter: (value: number) => share(value) } },
    ],
    tooltip: { trigger: 'axis', ...tip(palette) },
    series: [
      { type: 'line', name: names.coverage, yAxisIndex: 1, showSymbol: false, data: report.trend.map((day) => day.coverage), lineStyle: { width: 1.5, type: 'dotted', color: palette.faint }, itemStyle: { color: palette.faint }, tooltip: { valueFormatter: (value: number) => share(value) } },
      { type: 'line', name: names.ovm, symbolSize: 5, data: report.trend.map((day) => ({ value: day.ovm_per_watched_h, date: day.date })), lineStyle: { width: 2, color: palette.accent }, itemStyle: { color: palette.accent }, tooltip: { valueFormatter: (value: number) => number(value) } },
    ],
  })
}

function heatBase(palette: Palette, values: number[]) {
  return {
    grid: { left: 96, right: 12, top: 8, bottom: 52 },
    visualMap: { min: 0, max: Math.max(1, ...values), orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 120, itemWidth: 10, textStyle: { color: palette.ink }, precision: 1, inRange: { color: [palette.soft, palette.bad] } },
  }
}

const HOURS = [...Array(24).keys()]

export function heat(report: Report, weekdays: string[]) {
  return (palette: Palette): EChartsCoreOption => {
    const seen = report.heat.filter((cell) => cell.per_watched_h !== null && cell.per_watched_h !== undefined)
    return {
      ...heatBase(palette, seen.map((cell) => cell.per_watched_h ?? 0)),
      xAxis: { type: 'category', data: HOURS, ...axis(palette) },
      yAxis: { type: 'category', data: weekdays, inverse: true, ...axis(palette) },
      tooltip: { ...tip(palette), formatter: (hit: { data: { value: number[] } }) => `${weekdays[hit.data.value[1] ?? 0]} ${hit.data.value[0]}:00 · ${number(hit.data.value[2])}` },
      series: [{ type: 'heatmap', data: seen.map((cell) => ({ value: [cell.hour, cell.weekday - 1, cell.per_watched_h ?? 0], weekday: cell.weekday, hour: cell.hour })) }],
    }
  }
}

/** By group and hour: at most forty, the worst first. */
export function groupHeat(groups: Group[]) {
  const shown = groups.slice(0, 40)
  return (palette: Palette): EChartsCoreOption => {
    const cells = shown.flatMap((group, row) => group.hours.flatMap((value, hour) => (value === null || value === undefined ? [] : [{ value: [hour, row, value], key: group.key, hour }])))
    return {
      ...heatBase(palette, cells.map((cell) => cell.value[2] ?? 0)),
      xAxis: { type: 'category', data: HOURS, ...axis(palette) },
      yAxis: { type: 'category', data: shown.map((group) => group.name), inverse: true, ...axis(palette), axisLabel: { color: palette.ink, width: 88, overflow: 'truncate' } },
      tooltip: { ...tip(palette), formatter: (hit: { data: { value: number[] } }) => `${shown[hit.data.value[1] ?? 0]?.name ?? ''} ${hit.data.value[0]}:00 · ${number(hit.data.value[2])}` },
      series: [{ type: 'heatmap', data: cells }],
    }
  }
}

export function ages(report: Report, words: (minutes: number | null | undefined) => string) {
  return (palette: Palette): EChartsCoreOption => ({
    grid: { left: 40, right: 12, top: 12, bottom: 28 },
    xAxis: { type: 'category', data: report.open_by_age.map((age) => words(age.below_min)), ...axis(palette) },
    yAxis: { type: 'value', minInterval: 1, ...axis(palette) },
    tooltip: tip(palette),
    series: [{ type: 'bar', data: report.open_by_age.map((age) => age.n), itemStyle: { color: palette.accent }, barMaxWidth: 42 }],
  })
}
