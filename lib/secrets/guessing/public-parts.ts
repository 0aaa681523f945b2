/** The parts of a secret that its kind has and everybody knows: drawing them anew would make another kind of string of it. */

/** What the makers of a kind put in front of every value of it. */
const BEGINNINGS =
  /^(?:gh[pousr]_|github_pat_|glpat-|gl[a-z]{2,6}-|npm_|pypi-(?:AgEIcHlwaS5vcmc)?|A(?:KIA|SIA|GPA|IDA|ROA)|AIza|ya29\.|sk-(?:ant-(?:api\d\d-)?|proj-|svcacct-)?|[spr]k_(?:live|test)_|SG\.|xox[a-z]-|xapp-|hf_|dop_v1_|shpat_|eyJ|AC(?=[0-9a-f]{32}$)|SK(?=[0-9a-f]{32}$)|sq0[a-z]{3}-|AccountKey=|[A-Za-z][A-Za-z0-9+.-]*:\/\/)/;

/** Lines around a key in PEM. */
const ARMOUR = /-----(?:BEGIN|END) [A-Z0-9 ]+-----/g;

/** Everything after the name of a person's mailbox: a domain is known, and a random one is likely to nobody. */
const DOMAIN = /(?<=^[^@\s]+)@[^@\s]+$/;

/** Which UTF-16 units of a value are public: 1 each. */
export function publicUnits(value: string): Uint8Array {
  const units = new Uint8Array(value.length);
  const found = [BEGINNINGS.exec(value), DOMAIN.exec(value), ...value.matchAll(ARMOUR)];
  for (const match of found) if (match !== null) units.fill(1, match.index, match.index + match[0].length);
  return units;
}
