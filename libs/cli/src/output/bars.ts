/** Bars out of plain characters, the longest for the largest. What is there at all has a mark. */
export function bar(value: number, most: number, width: number): string {
  const marks = value <= 0 ? 0 : Math.max(1, Math.round((value / most) * width));
  return '#'.repeat(Math.min(width, marks)).padEnd(width);
}
