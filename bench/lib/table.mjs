/** A table in plain text: the first column to the left, the others to the right. */
export function table(header, rows) {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return [text(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map((row) => text(row))].join(
    "\n",
  );
}

/** A number with about three digits. */
export function short(number) {
  if (number >= 1000) return Math.round(number).toLocaleString("en-US");
  return number >= 100 ? number.toFixed(0) : number >= 10 ? number.toFixed(1) : number.toFixed(2);
}
