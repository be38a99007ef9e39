import { buildFolders } from "./rustflags.mjs";

/** The glibc of the oldest system that Node 20's own binaries run on. */
const GLIBC_FLOOR = "2.28";

/** Twice what it is: a debug build, or a dependency that nobody meant to add, is larger. */
export const MAX_BYTES = 8 * 1024 * 1024;

const ELF = { x86_64: 62, aarch64: 183 };
const MACH_O = { x86_64: 0x01_00_00_07, aarch64: 0x01_00_00_0c };
const PE = { x86_64: 0x86_64, aarch64: 0xaa_64 };

const nameOf = (table, value) => Object.keys(table).find((name) => table[name] === value);

/** The system and processor that a binary is made for, as the first and the third word of rustc's triple say them. */
function madeFor(bytes) {
  if (bytes.length < 64) return {};
  if (bytes.readUInt32BE(0) === 0x7f_45_4c_46) return { system: "linux", cpu: nameOf(ELF, bytes.readUInt16LE(18)) };
  if (bytes.readUInt32LE(0) === 0xfe_ed_fa_cf) return { system: "darwin", cpu: nameOf(MACH_O, bytes.readUInt32LE(4)) };
  const header = bytes.readUInt32LE(0x3c);
  const isPe = bytes.toString("latin1", 0, 2) === "MZ" && header + 6 <= bytes.length;
  return isPe ? { system: "windows", cpu: nameOf(PE, bytes.readUInt16LE(header + 4)) } : {};
}

/** The highest version of glibc whose symbols a binary asks for, such as "2.17"; undefined for none. */
export function glibcNeeded(bytes) {
  const versions = [...bytes.toString("latin1").matchAll(/GLIBC_(\d+\.\d+)/g)].map(([, version]) => version);
  return versions.toSorted(compareVersions).at(-1);
}

function compareVersions(a, b) {
  const [[aMajor, aMinor], [bMajor, bMinor]] = [a, b].map((version) => version.split(".").map(Number));
  return aMajor - bMajor || aMinor - bMinor;
}

function libraryFaults(bytes, triple) {
  const glibc = glibcNeeded(bytes);
  if (triple.endsWith("-musl") && glibc !== undefined) return ["it is linked with glibc"];
  const isNewer = glibc !== undefined && compareVersions(glibc, GLIBC_FLOOR) > 0;
  return isNewer ? [`it needs glibc ${glibc}, which is newer than ${GLIBC_FLOOR}`] : [];
}

/** What keeps a binary from being published as the one of a target; empty when nothing does. */
export function binaryFaults(bytes, triple) {
  const { system, cpu } = madeFor(bytes);
  const isOfTarget = triple.startsWith(`${cpu}-`) && triple.includes(`-${system}`);
  const folders = buildFolders().filter((folder) => ["/", "\\"].some((end) => bytes.includes(`${folder}${end}`)));
  return [
    ...(isOfTarget ? [] : [`it is made for ${system ?? "an unknown system"}, ${cpu ?? "an unknown processor"}`]),
    ...(bytes.length > MAX_BYTES ? [`it has ${bytes.length} bytes, more than ${MAX_BYTES}`] : []),
    ...folders.map((folder) => `it names a folder of the machine that built it: ${folder}`),
    ...libraryFaults(bytes, triple),
  ];
}
