/** A version: three numbers, and the parts of a pre-release. */
interface Version {
  readonly numbers: readonly number[];
  readonly pre: readonly string[];
}

const VERSION = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/;

/** Which of two versions is higher, as semver has it: negative for `a` below `b`. What is no version is below all. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (!left || !right) return Number(Boolean(left)) - Number(Boolean(right));
  for (const [index, number] of left.numbers.entries()) {
    const difference = number - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(left.pre, right.pre);
}

/** The first number of a version, or NaN. */
export function majorOf(version: string): number {
  return parse(version)?.numbers[0] ?? Number.NaN;
}

/** Whether a version is in a range of alternatives of `^a.b.c` and `>=a.b.c`, the forms that package.json has for Node. */
export function isInRange(version: string, range: string): boolean {
  return range.split("||").some((alternative) => {
    const [, operator, least = ""] = /^\s*(\^|>=)(\S+)\s*$/.exec(alternative) ?? [];
    if (operator === undefined || compareVersions(version, least) < 0) return false;
    return operator === ">=" || majorOf(version) === majorOf(least);
  });
}

function parse(text: string): Version | undefined {
  const [, major, minor, patch, pre] = VERSION.exec(text) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [major, minor, patch].map(Number), pre: pre?.split(".") ?? [] };
}

/** A pre-release is below its release; numbers count as numbers and are below words. */
function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const [left, right] = [a[index], b[index]];
    if (left === undefined || right === undefined) return a.length - b.length;
    const [leftIsNumber, rightIsNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftIsNumber !== rightIsNumber) return leftIsNumber ? -1 : 1;
    const difference = leftIsNumber ? Number(left) - Number(right) : Number(left > right) - Number(left < right);
    if (difference !== 0) return difference;
  }
  return 0;
}
