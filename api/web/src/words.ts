/** Numbers and codes in words a reader knows. */

import type { CellDetail } from "./api";

export const NO_DATA = "no data";

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

/** A period's label as a person says it: `2022-03` is March 2022. */
export function periodWords(label: string): string {
  if (/^\d{4}-\d{2}$/.test(label)) return MONTH.format(new Date(`${label}-01T00:00:00Z`));
  const quarter = /^(\d{4})-Q(\d)$/.exec(label);
  if (quarter) return `quarter ${quarter[2]} of ${quarter[1]}`;
  const week = /^(\d{4})-W(\d{2})$/.exec(label);
  return week ? `week ${Number(week[2])} of ${week[1]}` : label;
}

/** A score with one decimal, cut and not rounded, so that 4.98 never stands as 5.0 beside a class that ends at 5. */
export function scoreWords(score: number | null): string {
  return score === null ? NO_DATA : (Math.floor(score * 10 + 1e-6) / 10).toFixed(1);
}

/** A measured value with three figures that count; an observed zero is 0. */
export function valueWords(value: number | null): string {
  if (value === null) return NO_DATA;
  const digits = Math.abs(value) >= 100 ? 0 : 2;
  return value.toLocaleString("en-GB", { maximumFractionDigits: digits });
}

/** A share in per cent. */
export function shareWords(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** How old data are. */
export function ageWords(days: number): string {
  if (days < 1) return "up to date";
  if (days < 60) return `${Math.round(days)} days old`;
  if (days < 700) return `${Math.round(days / 30.44)} months old`;
  return `${(days / 365.25).toFixed(1)} years old`;
}

/** One plain sentence on what a cell's score says and does not say. */
export function sentence(cell: CellDetail, top: number): string {
  const when = periodWords(cell.period);
  const stands = `${shareWords(cell.coverage)} of the index's weight stands on data`;
  if (cell.score === null || cell.low === null || cell.high === null) {
    return `In ${when} too little is known here to give a score: ${stands}. Unknown is not safe.`;
  }
  const score = `${cell.class ?? "unknown"}: ${scoreWords(cell.score)} of ${top}`;
  const rated = `In ${when} conditions that favour trafficking are rated ${score}`;
  const between = `depending on what is missing it lies between ${scoreWords(cell.low)} and ${scoreWords(cell.high)}`;
  return `${rated}; ${between}. ${stands[0]?.toUpperCase()}${stands.slice(1)}.`;
}
